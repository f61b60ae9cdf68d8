/**
 * Steps that run on the event loop's thread let it turn in between.
 */
import { setImmediate } from 'node:timers/promises'

/** Milliseconds that may go by without a turn. */
const longest = 2

export class Pacer {
  #last = performance.now()

  /** Lets the event loop turn, if it has not for a while. */
  async turn(): Promise<void> {
    if (performance.now() - this.#last < longest) return
    await setImmediate()
    this.#last = performance.now()
  }
}
