/**
 * Promised batches, asked for before they are wanted, but never more than a few.
 */
import { isPromise } from './dataset'
import { type Reader, end } from './reader'

export class Prefetch implements Reader {
  readonly #reader: Reader
  readonly #ahead: number
  readonly #queue: unknown[] = []
  #isOver = false

  /** @param ahead how many batches beyond the one that is wanted */
  constructor(reader: Reader, ahead: number) {
    this.#reader = reader
    this.#ahead = ahead
  }

  /** What is there at once is not fetched ahead: it would only be work done earlier. */
  read(): unknown {
    const first = this.#queue.length > 0 ? this.#queue.shift() : this.#ask()
    if (!isPromise(first)) return first
    while (this.#queue.length < this.#ahead && !this.#isOver) this.#queue.push(this.#ask())
    return first
  }

  #ask(): unknown {
    if (this.#isOver) return end
    try {
      const one = this.#reader.read()
      if (one === end) this.#isOver = true
      if (isPromise(one)) {
        one.then(
          (batch) => {
            if (batch === end) this.#isOver = true
          },
          () => {
            this.#isOver = true
          }
        )
      }
      return one
    } catch (error) {
      this.#isOver = true
      // Thrown when its turn comes.
      const failed = Promise.reject(error)
      failed.catch(() => {})
      return failed
    }
  }

  close(): void | Promise<void> {
    this.#isOver = true
    return this.#reader.close()
  }
}
