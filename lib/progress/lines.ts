/**
 * Displays for what is no terminal: lines for people, and JSON for programs.
 */
import { type LoggedEvent, eventLine } from './event'
import type { Output } from './output'
import { RunState } from './state'
import { oneLine } from '../number_text'

/** True at most once in `every` seconds. */
class Throttle {
  #next = Number.NEGATIVE_INFINITY
  readonly #every: number

  constructor(every: number) {
    this.#every = every * 1000
  }

  passes(): boolean {
    const now = performance.now()
    if (now < this.#next) return false
    this.#next = now + this.#every
    return true
  }
}

/** A line of text at most every so many seconds, and one at the end. */
export class Lines {
  readonly #output: Output
  readonly #prefix: string
  readonly #throttle: Throttle
  readonly #state = new RunState()

  constructor(output: Output, every: number, label: string) {
    this.#output = output
    this.#throttle = new Throttle(every)
    this.#prefix = label === '' ? '' : `${oneLine(label)}: `
  }

  log(event: LoggedEvent): void {
    this.#state.update(event)
    if (event.type === 'start') return
    if (event.type !== 'stop' && (this.#output.isBusy || !this.#throttle.passes())) return
    const parts = [...this.#state.parts(), this.#state.time].filter((part) => part !== '')
    this.#output.write(`${this.#prefix}${parts.join(', ')}\n`)
  }

  close(): void {}
}

/** An event a line, as JSON: of each type at most one in so many seconds, the newest at the end. */
export class NdjsonLines {
  readonly #output: Output
  readonly #every: number
  readonly #first: Record<string, string>
  readonly #throttles = new Map<string, Throttle>()
  readonly #waiting = new Map<string, LoggedEvent>()

  constructor(output: Output, every: number, label: string) {
    this.#output = output
    this.#every = every
    this.#first = label === '' ? {} : { label }
  }

  log(event: LoggedEvent): void {
    const { type } = event
    if (type === 'stop') this.close()
    const throttle = this.#throttles.get(type) ?? new Throttle(this.#every)
    this.#throttles.set(type, throttle)
    this.#waiting.delete(type)
    if (type === 'stop' || (!this.#output.isBusy && throttle.passes())) this.#write(event)
    else this.#waiting.set(type, event)
  }

  #write(event: LoggedEvent): void {
    this.#output.write(eventLine(event, this.#first))
  }

  close(): void {
    for (const event of this.#waiting.values()) this.#write(event)
    this.#waiting.clear()
  }
}
