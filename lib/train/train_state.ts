/**
 * All that a run needs to go on, to the bit, where another one ended.
 */
import type { GradScaler } from '../amp'
import { typeError } from '../check'
import { type RngState, restoreRng, rngState } from '../checkpoint'
import { tensor } from '../data'
import { isTensor, type Tensor } from '../tensor'
import type { Plan } from './check_options'
import type { Course } from './course'
import { Losses } from './losses'
import type { Pass } from './pass'
import type { Best, History } from './result'
import { Weights } from './snapshot'

const format = 1

/** The random generators: the process's, and those that orders are drawn from. */
interface Draws {
  process: RngState
  orders: Tensor[]
}

export interface TrainState {
  format: number
  epoch: number
  step: number
  sum: number
  samples: number
  losses: Tensor
  skipped: number
  rollbacks: number
  best: Best | null
  bestWeights: Tensor[] | null
  waited: number
  seconds: number
  history: HistoryColumns
  /** The pass in whose middle it is: batches used, its order, and the generators before it began. */
  pass: { position: number; order: Tensor | null; draws: Draws | null } | null
  draws: Draws
  /** Where a loader is that has a state of its own. */
  source: object | null
  /** The model's stateDict(). */
  model: Record<string, Tensor>
  /** Every tensor that training changes: those of `model`, buffers that are in no stateDict, ... */
  weights: Tensor[]
  optimizer: object
  scheduler: object | null
  scaler: object | null
}

/** A history whose columns are tensors: numbers one by one would take long to write. */
interface HistoryColumns {
  columns: Record<string, Tensor>
  metrics: Record<string, Tensor>
}

type Columns = Record<string, number[]>

function tensorsOf(columns: Columns): Record<string, Tensor> {
  const made = Object.entries(columns).map(([name, column]) => [
    name,
    tensor(new Float64Array(column))
  ])
  return Object.fromEntries(made)
}

function numbersOf(tensors: Record<string, Tensor>): Columns {
  const made = Object.entries(tensors).map(([name, one]) => [
    name,
    Array.from(one.toTypedArray() as Float64Array)
  ])
  return Object.fromEntries(made)
}

function columnsOf({ metrics, ...columns }: History): HistoryColumns {
  return { columns: tensorsOf(columns), metrics: tensorsOf(metrics) }
}

function historyOf({ columns, metrics }: HistoryColumns): History {
  return { ...numbersOf(columns), metrics: numbersOf(metrics) } as unknown as History
}

/** What of a run is not in its plan. */
export interface Running {
  course: Course
  pass: { pass: Pass; draws: Draws | null } | null
  bestWeights: Weights | null
  scaler: GradScaler | null
}

/** The options by which the steps differ. More epochs, or other ends, are no other run. */
export function courseOptions(plan: Plan): Record<string, unknown> {
  const { source, schedule, optimizer } = plan
  const shapes = Object.entries(plan.model.stateDict()).map(([name, t]) => `${name} [${t.shape}]`)
  return {
    batchSize: source.batchSize,
    samples: source.samples,
    accumulate: plan.accumulate,
    clipGradNorm: plan.clipGradNorm,
    clipGradValue: plan.clipGradValue,
    precision: plan.precision,
    onNaN: plan.onNaN,
    optimizer: optimizer.constructor.name,
    scheduler: schedule ? `${schedule.scheduler.constructor.name} ${schedule.interval}` : null,
    model: shapes.join(', ')
  }
}

export function drawsOf(plan: Plan): Draws {
  return {
    process: rngState(),
    orders: plan.source.generators.map((generator) => generator.getState())
  }
}

export function restoreDraws(plan: Plan, { process, orders }: Draws): void {
  restoreRng(process)
  for (const [i, generator] of plan.source.generators.entries())
    if (orders[i]) generator.setState(orders[i])
}

/** Its tensors are those that training goes on with: write them before the next step. */
export function trainState(plan: Plan, { course, pass, bestWeights, scaler }: Running): TrainState {
  const { optimizer, schedule } = plan
  return {
    format,
    epoch: course.epoch,
    step: course.step,
    sum: course.sum,
    samples: course.samples,
    losses: tensor(course.losses.toArray()),
    skipped: course.skipped,
    rollbacks: course.rollbacks,
    best: course.best,
    bestWeights: bestWeights?.tensors ?? null,
    waited: course.waited,
    seconds: course.seconds,
    history: columnsOf(course.history),
    pass: pass && {
      position: pass.pass.position,
      order: pass.pass.order,
      draws: pass.draws
    },
    draws: drawsOf(plan),
    source: plan.source.state?.() ?? null,
    model: plan.model.stateDict(),
    weights: Weights.of(plan.model, optimizer),
    optimizer: optimizer.stateDict(),
    scheduler: schedule?.scheduler.stateDict() ?? null,
    scaler: scaler?.stateDict() ?? null
  }
}

function checkContent(path: string, content: unknown): TrainState {
  const state = content as TrainState
  const isWhole =
    state?.format === format &&
    isTensor(state.losses) &&
    Array.isArray(state.weights) &&
    state.draws
  if (!isWhole) throw typeError('resume', `a checkpoint of train() in ${path}`, content)
  return state
}

/** Takes over model, optimizer, schedule and counts; the generators are the caller's to restore. */
export function loadTrainState(
  path: string,
  content: unknown,
  plan: Plan,
  { course, scaler }: Pick<Running, 'course' | 'scaler'>
): TrainState {
  const state = checkContent(path, content)
  plan.model.loadStateDict(state.model)
  Weights.copyInto(plan.model, plan.optimizer, state.weights)
  plan.optimizer.loadStateDict(state.optimizer)
  if (state.scheduler) plan.schedule?.scheduler.loadStateDict(state.scheduler as never)
  if (state.scaler) scaler?.loadStateDict(state.scaler)
  const { epoch, step, sum, samples, skipped, rollbacks, best, waited, history } = state
  Object.assign(course, { epoch, step, sum, samples, skipped, rollbacks, best, waited })
  course.losses = Losses.of(state.losses.toTypedArray() as Float64Array)
  course.history = historyOf(history)
  course.secondsBefore = state.seconds
  return state
}
