/**
 * Many steps at once, over tensors: where nothing is to happen between them.
 */
import type { Progress, RunResult } from '../compile/types'
import { arange } from '../creation'
import type { Tensor } from '../tensor'
import { gather } from '../dataset/gather'
import { type Context, takeSnapshotInTurns } from './context'
import { hasSoundParameters, type NaNGuard } from './nan'
import type { PlainPass } from './pass'
import type { Snapshot } from './snapshot'
import type { Arrangement } from './step'
import { isRefusal, type Step } from './stepper'
import type { Threads } from './threads'
import { rows } from './tree'

/** A stretch of steps: which samples, how many a step. */
interface Stretch {
  arrangement: Arrangement
  data: readonly Tensor[]
  order: Tensor | null
  batchSize: number
  steps: number
}

/** Told the newest loss, and how many steps and samples are done beside those that are counted. */
export type Report = (loss: number, steps: number, samples: number) => void

/** What is left of a pass, in its order; null for all of it in the natural one. */
function orderOf(pass: PlainPass): Tensor | null {
  const samples = rows(pass.data.tensors[0] as Tensor)
  const from = pass.position * pass.batchSize
  if (pass.order === null && from === 0 && pass.count === samples) return null
  const order = pass.order ?? arange(samples, { dtype: 'int64' })
  return order.narrow(0, from, pass.count - from)
}

/** Epochs between which nothing happens are run through at once. */
export interface Epochs {
  /** How many of them from here on, the pass's own the first. */
  atOnce(pass: PlainPass): number
  /** Ends the pass's epoch and begins the next. */
  next(pass: PlainPass): Promise<PlainPass>
}

export class Stretches {
  readonly #context: Context
  readonly #guard: NaNGuard
  readonly #threads: Threads
  readonly #report: Report
  readonly #epochs: Epochs

  /** @param report called now and then with the newest loss */
  constructor(context: Context, guard: NaNGuard, threads: Threads, report: Report, epochs: Epochs) {
    this.#context = context
    this.#guard = guard
    this.#threads = threads
    this.#report = report
    this.#epochs = epochs
  }

  /** Steps until the pass is over, or several are, or something interrupts. */
  async run(pass: PlainPass): Promise<void> {
    const { plan, stepper } = this.#context
    const stretch = this.#of(pass)
    const { data, order, batchSize, arrangement } = stretch
    const first = Math.min(batchSize, rows((order ?? data[0]) as Tensor))
    await this.#threads.choose(arrangement, gather(data, order, 0, first))
    const snapshot = stepper.isCompiled ? await takeSnapshotInTurns(this.#context) : null
    try {
      const { losses } = await this.#steps(stretch, snapshot)
      const sound = losses.findIndex((loss) => !Number.isFinite(loss))
      if (sound >= 0 && snapshot && stepper.isCompiled && plan.onNaN === 'stop') {
        const steps = await this.#replay(stretch, snapshot, sound)
        const last = await this.#count(pass, losses.subarray(0, steps))
        if (last.position >= last.batches) await this.#epochs.next(last)
        this.#guard.report()
      } else {
        await this.#count(pass, losses)
      }
    } finally {
      snapshot?.dispose()
    }
  }

  /** The stretch from where the pass is to its end, or over several epochs, to the run's last step. */
  #of(pass: PlainPass): Stretch {
    const { accumulate, steps } = this.#context.plan
    const { layout, tensors } = pass.data
    const left = Math.ceil((pass.batches - pass.position) / accumulate)
    const epochs = this.#epochs.atOnce(pass)
    const arrangement: Arrangement =
      accumulate === 1
        ? { kind: 'batches', layouts: [layout] }
        : { kind: 'slices', layout, batchSize: pass.batchSize }
    return {
      arrangement,
      data: tensors,
      order: orderOf(pass),
      batchSize: pass.batchSize * accumulate,
      steps: Math.min(left * epochs, steps - this.#context.course.step)
    }
  }

  async #steps(stretch: Stretch, snapshot: Snapshot | null): Promise<RunResult> {
    const { stepper } = this.#context
    try {
      return await this.#runOf(stepper.step(stretch.arrangement), stretch)
    } catch (error) {
      if (!isRefusal(error) || !snapshot) throw error
      snapshot.restore()
      stepper.giveUp(error)
      return await this.#runOf(stepper.step(stretch.arrangement), stretch)
    }
  }

  #runOf(step: Step, { data, order, batchSize, steps: wanted }: Stretch): Promise<RunResult> {
    const { interrupts, plan, stepper } = this.#context
    return interrupts.stretch((signal) => {
      stepper.onUnsound = () => {
        if (plan.onNaN !== 'skip') interrupts.halt()
      }
      const onStep = ({ loss, step: steps }: Progress) => {
        if (!Number.isFinite(loss) && plan.onNaN !== 'skip') interrupts.halt()
        this.#report(loss, steps, steps * batchSize)
      }
      const threads = this.#threads.count
      const options = { batchSize, steps: wanted, threads, signal, onStep }
      return step.run(data, order ? { ...options, order } : options)
    })
  }

  /** The first `count` steps of a stretch again; one less where the last of them spoilt the parameters. */
  async #replay(stretch: Stretch, snapshot: Snapshot, count: number): Promise<number> {
    const { stepper } = this.#context
    const again = async (steps: number) => {
      snapshot.restore()
      stepper.forget()
      if (steps === 0) return
      const { data, order, batchSize, arrangement } = stretch
      await stepper.eager(arrangement).run(data, { ...(order && { order }), batchSize, steps })
    }
    await again(count)
    if (count === 0 || hasSoundParameters(this.#context)) return count
    await again(count - 1)
    return count - 1
  }

  /** Counts the steps that were taken from where the pass is on. The pass in which they end. */
  async #count(begun: PlainPass, losses: Iterable<number>): Promise<PlainPass> {
    const { course, plan } = this.#context
    let pass = begun
    for (const loss of losses) {
      if (pass.position >= pass.batches) pass = await this.#epochs.next(pass)
      const batches = Math.min(plan.accumulate, pass.batches - pass.position)
      if (Number.isFinite(loss)) {
        course.add(loss, pass.samplesIn(batches))
        pass.advance(batches)
        continue
      }
      if (plan.onNaN !== 'stop') pass.advance(batches)
      this.#guard.report()
      // Steps after it went on with what is undone now: their batches come again.
      if (plan.onNaN !== 'skip') return pass
    }
    return pass
  }
}
