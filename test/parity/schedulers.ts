/**
 * The schedules of schedulers.json, step by step: what schedulers.py does.
 */
import { optim, version, zeros } from 'node-libtorch'
import { camelCase } from './functional'
import table from './schedulers.json'

const { lrScheduler } = optim
type Scheduler = optim.lrScheduler.LRScheduler
type State = optim.lrScheduler.SchedulerState
type Optimizer = optim.lrScheduler.ScheduledOptimizer
type Line = [name: string, args: unknown[], keywords: Record<string, unknown>]
// biome-ignore lint/suspicious/noExplicitAny: any of the classes
type Constructor = new (...args: any[]) => Scheduler

export interface Row {
  scheduler: Line
  /** Whether no cosine or power is in it: those of JavaScript and C differ in the last bit. */
  exact?: boolean
  optimizer?: string
  epochs?: number
  since?: string
}

export interface Reference {
  /** lr of both groups, then momentum of both, at every step. */
  values: number[][]
  last: number[]
  saved: State
  jumps: number[][] | null
  resumed: number[][] | null
}

const order = (text: string) => {
  const [major, minor] = text.split('.').map(Number) as [number, number]
  return major * 1000 + minor
}

export const rows = (table as unknown as Row[]).filter(
  ({ since = '1.13' }) => order(since) <= order(version.libtorch)
)
const steps = 200
export const savedAt = 77

const functions: Record<string, (epoch: number) => number> = {
  '@inverse': (epoch) => 1 / (1 + 0.1 * epoch),
  '@wave': (epoch) => 0.75 + 0.25 * Number(epoch % 5 === 0),
  '@shrink': (epoch) => 1 - 0.5 / (2 + epoch)
}

export function optimizerOf(row: Row): Optimizer {
  if (row.optimizer === 'Adam') {
    const group = (lr: number) => ({ lr, betas: [0.9, 0.999] as [number, number] })
    return { paramGroups: [group(0.01), group(0.002)] }
  }
  const params = [0, 1].map(() => [zeros(1, { requiresGrad: true })])
  const groups = [{ params: params[0]! }, { params: params[1]!, lr: 0.02 }]
  return new optim.SGD(groups, { lr: 0.1, momentum: 0.9 })
}

function argument(arg: unknown): unknown {
  if (Array.isArray(arg)) return arg.map(argument)
  return typeof arg === 'string' && arg in functions ? functions[arg] : arg
}

export function build(optimizer: Optimizer, [name, args, keywords]: Line, extra = {}): Scheduler {
  const Made = lrScheduler[name as keyof typeof lrScheduler] as Constructor
  if (name === 'SequentialLR' || name === 'ChainedScheduler') {
    const parts = (args[0] as Line[]).map((part) => build(optimizer, part))
    const owner = name === 'SequentialLR' ? [optimizer] : []
    return new Made(...owner, parts, ...args.slice(1))
  }
  const options = Object.entries(keywords).map(([key, arg]) => [camelCase(key), argument(arg)])
  return new Made(optimizer, ...args.map(argument), { ...Object.fromEntries(options), ...extra })
}

/** Improves, stays, jumps; sometimes there is none. */
function metric(step: number): number {
  return step % 50 === 7 ? Number.NaN : 1 / (1 + Math.min(step % 90, 30)) + (step % 3) / 100
}

function rates({ paramGroups }: Optimizer): number[] {
  const seconds = paramGroups.map(({ betas, momentum }) => (betas ? betas[0] : momentum!))
  return [...paramGroups.map(({ lr }) => lr), ...seconds]
}

/** Steps `from` + 1 to `to`. */
function advance(
  row: Row,
  optimizer: Optimizer,
  scheduler: Scheduler,
  from: number,
  to = steps
): number[][] {
  const values: number[][] = []
  for (let step = from + 1; step <= to; step++) {
    if (scheduler instanceof lrScheduler.ReduceLROnPlateau) scheduler.step(metric(step))
    else if (row.epochs !== undefined) scheduler.step(step * row.epochs)
    else scheduler.step()
    values.push(rates(optimizer))
  }
  return values
}

export function trace(row: Row): { values: number[][]; last: number[] } {
  const optimizer = optimizerOf(row)
  const scheduler = build(optimizer, row.scheduler)
  const values = [rates(optimizer), ...advance(row, optimizer, scheduler, 0)]
  return { values, last: scheduler.getLastLr() }
}

/** Our state after `savedAt` steps, through JSON. */
export function saved(row: Row): State {
  const optimizer = optimizerOf(row)
  const scheduler = build(optimizer, row.scheduler)
  advance(row, optimizer, scheduler, 0, savedAt)
  return JSON.parse(JSON.stringify(scheduler.stateDict()))
}

/** The steps after `savedAt`, by a new scheduler that takes over `state` and the optimizer's `values`. */
export function restored(row: Row, state: State, values: number[]): number[][] {
  const optimizer = optimizerOf(row)
  const scheduler = build(optimizer, row.scheduler)
  for (const [i, group] of optimizer.paramGroups.entries()) {
    group.lr = values[i]!
    if (group.betas) group.betas = [values[2 + i]!, group.betas[1]]
    else group.momentum = values[2 + i]!
  }
  scheduler.loadStateDict(state)
  return advance(row, optimizer, scheduler, savedAt)
}

/** By number of the epoch, forth and back. */
export function jumps(row: Row): number[][] {
  const optimizer = optimizerOf(row)
  const scheduler = build(optimizer, row.scheduler)
  return [0, 1, 2, 50, 51, 120, 13, 3, 199].map((epoch) => {
    scheduler.step(epoch)
    return rates(optimizer)
  })
}

/** A new scheduler that goes on after epoch 40 of the old one. */
export function resumed(row: Row): number[][] {
  const optimizer = optimizerOf(row)
  let scheduler = build(optimizer, row.scheduler)
  for (let step = 0; step < 41; step++) scheduler.step()
  scheduler = build(optimizer, row.scheduler, { lastEpoch: 40 })
  const values = [rates(optimizer)]
  for (let step = 0; step < 30; step++) {
    scheduler.step()
    values.push(rates(optimizer))
  }
  return values
}
