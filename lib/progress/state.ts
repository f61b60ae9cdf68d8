/**
 * Where a run stands, put together from its events.
 */
import type { LoggedEvent } from './event'
import { duration, oneLine, rate, short } from './text'

const isKnown = (value: number | undefined | null): value is number =>
  typeof value === 'number' && Number.isFinite(value)

const of = (done: number, total: number | null | undefined) =>
  isKnown(total) ? `${done}/${total}` : String(done)

/** Which part of the whole run is done, 0 to 1; null where its length is not known. */
function fractionOf({ type, step, steps, epoch, epochs }: LoggedEvent): number | null {
  if (isKnown(steps) && steps > 0) return Math.min(1, step / steps)
  if (!isKnown(epochs) || epochs === 0 || epoch === undefined) return null
  const completed = type === 'progress' ? epoch - 1 : epoch
  return Math.min(1, Math.max(0, completed / epochs))
}

export class RunState {
  #newest: LoggedEvent = { type: 'progress', step: 0 }
  /** Not zero in a resumed run: the time left follows from what was done since the first event. */
  #first: { fraction: number; seconds: number } | null = null
  #trained: string[] = []
  #validated: string[] = []
  fraction: number | null = null

  update(event: LoggedEvent): void {
    const given = Object.entries(event).filter(([, value]) => value !== undefined)
    this.#newest = { ...this.#newest, ...Object.fromEntries(given) } as LoggedEvent
    const values = Object.entries(event.metrics ?? {}).map(
      ([name, value]) => `${oneLine(name)} ${short(value)}`
    )
    const loss = event.loss === undefined ? [] : [`loss ${short(event.loss)}`]
    if (event.type === 'validation') {
      this.#validated = [...loss, ...values].map((text) => `validation ${text}`)
    } else if (event.type !== 'checkpoint' && loss.length + values.length > 0) {
      this.#trained = [...loss, ...values]
    }
    // Only these two tell how many epochs are complete.
    if (event.type === 'progress' || event.type === 'epoch') {
      const fraction = fractionOf(this.#newest)
      if (fraction !== null) this.fraction = Math.max(fraction, this.fraction ?? 0)
    }
    if (this.fraction !== null && isKnown(event.seconds))
      this.#first ??= { fraction: this.fraction, seconds: event.seconds }
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
    const { type, step, steps, epoch, epochs, lr, samplesPerSecond, dataWaitShare, reason } =
      this.#newest
    return [
      epoch === undefined ? '' : `epoch ${of(epoch, epochs)}`,
      ...this.#trained,
      ...this.#validated,
      isKnown(samplesPerSecond) ? `${rate(samplesPerSecond)} samples/s` : '',
      isKnown(lr) ? `lr ${short(lr)}` : '',
      isKnown(dataWaitShare) ? `data wait ${Math.round(dataWaitShare * 100)}%` : '',
      `step ${of(step, steps)}`,
      type === 'stop' && reason ? `stopped: ${oneLine(reason)}` : ''
    ].filter((part) => part !== '')
  }
}
