/**
 * What displays and loggers take: the events of train(), or those of a loop of one's own.
 */
import { integer, oneOf, typeError } from '../check'

const types = [
  'start',
  'progress',
  'epoch',
  'validation',
  'checkpoint',
  'nan',
  'pause',
  'resume',
  'stop'
] as const

/** What an event says beside its type; what it leaves out, or gives as null, is not known. */
export interface LoggedEvent {
  /**
   * `'start'` and `'stop'` once, `'progress'` now and then, `'epoch'` after each pass over the data,
   * `'validation'` after the validation data, `'checkpoint'` when one is on the disk.
   */
  type: (typeof types)[number]
  /** Updates of the parameters done. */
  step: number
  /** Updates in all. */
  steps?: number | null
  /** Of `'progress'` the running epoch, from 1, else the epochs done. */
  epoch?: number
  /** Epochs in all. */
  epochs?: number | null
  /** Of `'epoch'` the mean over it, of `'validation'` the one over the validation data. */
  loss?: number | null
  validationLoss?: number | null
  /** Learning rate. */
  lr?: number
  samplesPerSecond?: number
  /** Since the run began. */
  seconds?: number
  /** Which share of the time went into waiting for data, 0 to 1. */
  dataWaitShare?: number
  metrics?: Readonly<Record<string, number>>
  /** Why it stopped: `'epochs'` and `'steps'` are a run that was completed. */
  reason?: string
}

/** The numbers of an event that are measured, in the order in which they are written. */
export const measures = [
  'loss',
  'validationLoss',
  'lr',
  'samplesPerSecond',
  'seconds',
  'dataWaitShare'
] as const

function checkMetrics(metrics: unknown): void {
  if (typeof metrics !== 'object' || metrics === null)
    throw typeError('event.metrics', 'an object of numbers by name', metrics)
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value !== 'number') throw typeError(`event.metrics.${name}`, 'a number', value)
  }
}

/** @throws TypeError, RangeError for what is no event */
export function checkEvent(event: LoggedEvent): LoggedEvent {
  if (typeof event !== 'object' || event === null)
    throw typeError('event', 'an event such as { type, step, epoch, loss }', event)
  oneOf('event.type', event.type, types)
  integer('event.step', event.step)
  for (const name of ['epoch', 'steps', 'epochs'] as const)
    integer(`event.${name}`, event[name] ?? 0)
  for (const name of measures) {
    const value = event[name] ?? 0
    if (typeof value !== 'number') throw typeError(`event.${name}`, 'a number', value)
  }
  if (event.metrics !== undefined) checkMetrics(event.metrics)
  if (event.reason !== undefined && typeof event.reason !== 'string')
    throw typeError('event.reason', 'a string', event.reason)
  return event
}

/** The event as a line of JSON, after `first`; NaN and infinities are null there. */
export function eventLine(event: LoggedEvent, first: Record<string, string> = {}): string {
  try {
    return `${JSON.stringify({ ...first, ...event })}\n`
  } catch {
    throw typeError('event', 'values that JSON can say', event)
  }
}
