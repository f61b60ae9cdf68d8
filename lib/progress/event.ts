/**
 * What train() tells while it runs: one form for its iterator, for displays and for loggers.
 */
import { integer, oneOf, typeError } from '../check'

export const eventTypes = ['progress', 'epoch', 'validation', 'checkpoint', 'stop'] as const

/**
 * `'progress'` now and then within an epoch, `'epoch'` at its end, `'validation'` after one,
 * `'checkpoint'` when one is on the disk, `'stop'` once, at the end.
 */
export type TrainEventType = (typeof eventTypes)[number]

export interface TrainEvent {
  type: TrainEventType
  /** Steps done, those before a resumed run included. */
  step: number
  /** Steps in all; null where that is not known. */
  steps: number | null
  /** Passes over the data begun, from 1. */
  epoch: number
  /** Passes in all; null where that is not known. */
  epochs: number | null
  /** Of `'epoch'` the mean over it, of `'validation'` the one over the validation data, else the newest. */
  loss: number
  /** Learning rate of the first parameter group. */
  lr: number
  /** Since the event before of the same type. */
  samplesPerSecond: number
  /** Since the run began. */
  seconds: number
  /** Which share of the time went into waiting for data, 0 to 1. */
  dataWaitShare: number
  metrics: Readonly<Record<string, number>>
  /** Of `'checkpoint'`: where it is. */
  path?: string
  /** Of `'stop'`: why, in words. */
  reason?: string
}

/** An event as a loop of one's own tells it: what it leaves out is neither shown nor logged. */
export type LoggedEvent = Pick<TrainEvent, 'type' | 'step'> & Partial<TrainEvent>

const numbers = ['loss', 'lr', 'samplesPerSecond', 'seconds', 'dataWaitShare'] as const
const texts = ['path', 'reason'] as const

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
  oneOf('event.type', event.type, eventTypes)
  integer('event.step', event.step)
  if (event.epoch !== undefined) integer('event.epoch', event.epoch)
  for (const name of ['steps', 'epochs'] as const)
    if (event[name] !== undefined && event[name] !== null) integer(`event.${name}`, event[name])
  for (const name of numbers)
    if (event[name] !== undefined && typeof event[name] !== 'number')
      throw typeError(`event.${name}`, 'a number', event[name])
  for (const name of texts)
    if (event[name] !== undefined && typeof event[name] !== 'string')
      throw typeError(`event.${name}`, 'a string', event[name])
  if (event.metrics !== undefined) checkMetrics(event.metrics)
  return event
}

/** The event as one line of JSON, without the line break. NaN and infinities are null there. */
export function eventLine(event: LoggedEvent, first: Record<string, string> = {}): string {
  const { type, step, steps, epoch, epochs, metrics, path, reason } = event
  const measured = Object.fromEntries(numbers.map((name) => [name, event[name]]))
  const known = { ...first, type, step, steps, epoch, epochs, ...measured, metrics, path, reason }
  return JSON.stringify(known)
}
