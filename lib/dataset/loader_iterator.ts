/**
 * One pass over a DataLoader, as iterators.
 */
import type { Pass } from './pass'
import { type Reader, asynchronous, end } from './reader'
import { isPromise } from './dataset'

/** Told how long a consumer waited, in milliseconds. */
type OnWait = (milliseconds: number) => void

/** A pass as `for (const batch of loader)` reads it. */
export class LoaderIterator<B> implements IterableIterator<B> {
  readonly #pass: Pass
  readonly #reader: Reader
  readonly #onWait: OnWait

  constructor(pass: Pass, reader: Reader, onWait: OnWait) {
    this.#pass = pass
    this.#reader = reader
    this.#onWait = onWait
  }

  next(): IteratorResult<B> {
    if (this.#pass.isOver) return { done: true, value: undefined }
    const started = performance.now()
    try {
      const batch = this.#reader.read()
      if (isPromise(batch)) {
        batch.catch(() => {})
        throw asynchronous(batch)
      }
      if (batch === end) return this.return()
      this.#pass.deliver()
      return { done: false, value: batch as B }
    } catch (error) {
      this.#giveUp()
      throw error
    } finally {
      this.#onWait(performance.now() - started)
    }
  }

  return(): IteratorResult<B> {
    if (!this.#pass.isOver) {
      this.#pass.end()
      // A promise only of what could not be read here, which is told already.
      Promise.resolve(this.#reader.close()).catch(() => {})
    }
    return { done: true, value: undefined }
  }

  /** The error that ended the pass is the one to tell. */
  #giveUp(): void {
    try {
      this.return()
    } catch {}
  }

  [Symbol.iterator](): this {
    return this
  }
}

/** A pass as `for await (const batch of loader)` reads it. */
export class AsyncLoaderIterator<B> implements AsyncIterableIterator<B> {
  readonly #pass: Pass
  readonly #open: () => Promise<Reader>
  readonly #onWait: OnWait
  readonly #timeout: number
  #reader: Reader | null
  /** The last call of next(): several at once are answered one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  /**
   * @param reader what reads it, or a function that opens that at the first batch
   * @param timeout in seconds; 0: none
   */
  constructor(
    pass: Pass,
    reader: Reader | (() => Promise<Reader>),
    onWait: OnWait,
    timeout: number
  ) {
    this.#pass = pass
    this.#reader = typeof reader === 'function' ? null : reader
    this.#open = typeof reader === 'function' ? reader : async () => reader
    this.#onWait = onWait
    this.#timeout = timeout
  }

  next(): Promise<IteratorResult<B>> {
    const started = performance.now()
    const next = this.#last.then(() => this.#next())
    this.#last = next.catch(() => {})
    return next.finally(() => this.#onWait(performance.now() - started))
  }

  async #next(): Promise<IteratorResult<B>> {
    if (this.#pass.isOver) return { done: true, value: undefined }
    try {
      const batch = await this.#inTime(this.#read())
      if (this.#pass.isOver || batch === end) return this.return()
      this.#pass.deliver()
      return { done: false, value: batch as B }
    } catch (error) {
      // Closed while it waited.
      if (this.#pass.isOver) return { done: true, value: undefined }
      await this.return().catch(() => {})
      throw error
    }
  }

  async #read(): Promise<unknown> {
    this.#reader ??= await this.#open()
    return this.#pass.isOver ? end : this.#reader.read()
  }

  async #inTime<T>(promise: Promise<T>): Promise<T> {
    if (this.#timeout === 0) return promise
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const message = `DataLoader: batch ${this.#pass.position} did not come within ${this.#timeout} s; set a longer timeout`
        reject(new Error(message))
      }, this.#timeout * 1000)
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      clearTimeout(timer)
    }
  }

  async return(): Promise<IteratorResult<B>> {
    if (!this.#pass.isOver) {
      this.#pass.end()
      await this.#reader?.close()
    }
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
