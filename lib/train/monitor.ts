/**
 * Which of an epoch's figures tells how good it is, and the best so far.
 */
import { oneOf, options as checkOptions, typeError } from '../check'
import type { NamedMetric } from './metrics'
import type { TrainOptions } from './options'

export interface Monitor {
  name: string
  mode: 'min' | 'max'
}

/** An epoch's figures. */
export interface Figures {
  loss: number
  validationLoss: number | null
  metrics: Record<string, number>
}

/** What an epoch says about `name`; null where it was not measured. */
export function figure(figures: Figures, name: string): number | null {
  if (name === 'loss') return figures.loss
  if (name === 'validationLoss') return figures.validationLoss
  return figures.metrics[name] ?? null
}

/** `name` among the figures of a run. @throws TypeError that lists them */
export function figureName(
  argument: string,
  name: unknown,
  metrics: readonly NamedMetric[],
  isValidated: boolean
): string {
  const names = ['loss', ...(isValidated ? ['validationLoss'] : []), ...metrics.map((m) => m.name)]
  return oneOf(argument, name, names)
}

export function checkMonitor(
  value: TrainOptions['monitor'],
  metrics: readonly NamedMetric[],
  isValidated: boolean
): Monitor {
  if (value === undefined) return { name: isValidated ? 'validationLoss' : 'loss', mode: 'min' }
  if (typeof value !== 'string' && (typeof value !== 'object' || value === null))
    throw typeError('monitor', 'a name or { name, mode }', value)
  const given =
    typeof value === 'string'
      ? { name: value, mode: undefined }
      : checkOptions<Monitor>('monitor', value, ['name', 'mode'])
  const name = figureName('monitor', given.name, metrics, isValidated)
  const own = metrics.find((metric) => metric.name === name)?.mode ?? 'min'
  return { name, mode: oneOf('monitor.mode', given.mode ?? own, ['min', 'max']) }
}

/** Whether `value` is better than `best` by more than `minDelta`. */
export function isBetter(mode: 'min' | 'max', value: number, best: number, minDelta = 0): boolean {
  return mode === 'min' ? value < best - minDelta : value > best + minDelta
}
