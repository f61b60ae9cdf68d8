/**
 * Steps that run on the event loop's thread let it turn in between.
 */
import { setImmediate } from 'node:timers/promises'

/** Milliseconds that may go by without a turn. */
const longest = 2

export class Pacer {
  #last = performance.now()

  /** Whether the event loop has not turned for a while. */
  get isDue(): boolean {
    return performance.now() - this.#last >= longest
  }

  /** Lets the event loop turn, if that is due. */
  async turn(): Promise<void> {
    if (!this.isDue) return
    await setImmediate()
    this.#last = performance.now()
  }
}
