/**
 * Where a run stands, put together from its events.
 */
import type { LoggedEvent } from './event'
import { duration, oneLine, rate, short } from '../number_text'

const isKnown = (value: number | undefined | null): value is number =>
  typeof value === 'number' && Number.isFinite(value)

const of = (done: number, total: number | null | undefined) =>
  isKnown(total) ? `${done}/${total}` : String(done)

/** Ended by its own length, or before. */
function ending(reason: string | undefined): string {
  if (reason === undefined) return ''
  return reason === 'epochs' || reason === 'steps' ? 'done' : `stopped: ${oneLine(reason)}`
}

/** Which part of the whole run is done, 0 to 1; null where its length is not known. */
function fractionOf({ type, step, steps, epoch, epochs }: LoggedEvent): number | null {
  if (isKnown(steps) && steps > 0) return Math.min(1, step / steps)
  if (!isKnown(epochs) || epochs === 0 || epoch === undefined) return null
  const completed = type === 'progress' ? epoch - 1 : epoch
  return Math.min(1, Math.max(0, completed / epochs))
}

export class RunState {
  /** The newest value of each name. */
  #newest: LoggedEvent = { type: 'start', step: 0 }
  #validationLoss: number | null | undefined
  /** Not zero in a resumed run: the time left follows from what was done since the first event. */
  #first: { fraction: number; seconds: number } | null = null
  fraction: number | null = null

  update(event: LoggedEvent): void {
    const { type } = event
    const isValidation = type === 'validation'
    const given = Object.entries(event).filter(
      ([name, value]) => value !== undefined && !(isValidation && name === 'loss')
    )
    this.#newest = { ...this.#newest, ...Object.fromEntries(given) } as LoggedEvent
    this.#validationLoss =
      (isValidation ? event.loss : event.validationLoss) ?? this.#validationLoss
    if (type === 'start' || type === 'progress' || type === 'epoch') this.#measure(event)
  }

  #measure({ type, seconds = type === 'start' ? 0 : undefined }: LoggedEvent): void {
    const fraction = fractionOf(this.#newest)
    if (fraction === null) return
    this.fraction = Math.max(fraction, this.fraction ?? 0)
    if (isKnown(seconds)) this.#first ??= { fraction: this.fraction, seconds }
  }

  /** Seconds left, by the mean speed so far; null where nothing can be said. */
  get #left(): number | null {
    const { seconds } = this.#newest
    if (this.fraction === null || this.#first === null || !isKnown(seconds)) return null
    const [done, took] = [this.fraction - this.#first.fraction, seconds - this.#first.seconds]
    return done > 0 && took > 0 ? ((1 - this.fraction) / done) * took : null
  }

  /** `ETA 0:12` or, at the end, `in 1:40`; empty where nothing is known. */
  get time(): string {
    const { type, seconds } = this.#newest
    if (type === 'stop') return isKnown(seconds) ? `in ${duration(seconds)}` : ''
    return this.#left === null ? '' : `ETA ${duration(this.#left)}`
  }

  /** `['epoch 3/10', 'loss 0.28', ...]`: what is known, the more important first. */
  parts(): string[] {
    const { type, step, steps, epoch, epochs, loss, metrics = {}, reason } = this.#newest
    const { lr, samplesPerSecond, dataWaitShare } = this.#newest
    const number = (name: string, value: number | null | undefined) =>
      typeof value === 'number' ? `${oneLine(name)} ${short(value)}` : ''
    return [
      epoch === undefined ? '' : `epoch ${of(epoch, epochs)}`,
      number('loss', loss),
      number('validation loss', this.#validationLoss),
      ...Object.entries(metrics).map(([name, value]) => number(name, value)),
      type === 'stop' ? ending(reason) : '',
      isKnown(samplesPerSecond) ? `${rate(samplesPerSecond)} samples/s` : '',
      isKnown(lr) ? number('lr', lr) : '',
      isKnown(dataWaitShare) ? `data wait ${Math.round(dataWaitShare * 100)}%` : '',
      `step ${of(step, steps)}`
    ].filter((part) => part !== '')
  }
}
