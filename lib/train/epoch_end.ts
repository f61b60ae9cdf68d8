/**
 * What happens when an epoch is over: measuring, the schedule, the best so far, whether it is enough.
 */
import { type Context, learningRate } from './context'
import { type Figures, figure } from './monitor'
import type { StopReason } from './result'
import { stepAfterEpoch } from './schedule'
import { gradientNorm } from './step'
import { drawsOf, restoreDraws } from './train_state'
import { type Measured, measure } from './validation'

/** Measures on the validation data, or, without, metrics on the training data; null where neither is due. */
async function measured({ plan, course }: Context): Promise<Measured | null> {
  const { validation, metrics, source } = plan
  if (validation) {
    const isDue = (course.epoch + 1) % validation.everyEpochs === 0
    return isDue ? await measure(plan, validation.source) : null
  }
  if (metrics.length === 0) return null
  // This pass over the training data must not change what the next one draws.
  const [draws, state] = [drawsOf(plan), source.state?.()]
  const found = await measure(plan, source)
  if (state) source.load?.(state)
  restoreDraws(plan, draws)
  return found
}

/** Why the run is to end after an epoch with these figures; null where it goes on. */
function reasonToStop({ plan, course }: Context, figures: Figures): StopReason | null {
  const { loss, gradNorm, patience } = plan.stopWhen
  const seen = figure(figures, plan.validation ? 'validationLoss' : 'loss')
  if (loss !== undefined && seen !== null && seen <= loss) return 'loss'
  if (gradNorm !== undefined && gradientNorm(plan) <= gradNorm) return 'gradNorm'
  if (patience !== undefined && course.waited >= patience) return 'patience'
  return null
}

/** Ends the epoch. Whether it was the best so far. */
export async function endEpoch(context: Context): Promise<boolean> {
  const { plan, course, interrupts, emit } = context
  const start = performance.now()
  const found = await measured(context)
  const epoch = course.epoch + 1
  const validationLoss = plan.validation ? (found?.loss ?? null) : null
  const figures = { loss: course.epochLoss, validationLoss, metrics: found?.metrics ?? {} }
  if (found) {
    const seconds = (performance.now() - start) / 1000
    const { metrics } = figures
    emit({ type: 'validation', epoch, step: course.step, loss: validationLoss, metrics, seconds })
  }
  const lr = learningRate(plan)
  const isBest = course.endEpoch(figures, lr, plan.monitor, plan.stopWhen.minDelta ?? 0)
  if (plan.schedule) stepAfterEpoch(plan.schedule, figures)
  const reason = reasonToStop(context, figures)
  if (reason) interrupts.stop(reason)
  const { seconds, step } = course
  emit({ type: 'epoch', epoch, step, ...figures, lr, isBest, seconds })
  return isBest
}
