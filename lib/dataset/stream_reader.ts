/**
 * Batches of an iterable or an async iterable.
 */
import { rangeError, typeError } from '../check'
import { getRngState, setRngState } from '../generator'
import type { Tensor } from '../tensor'
import { defaultCollate, defaultConvert } from './collate'
import { isAsyncIterable, isIterable, isPromise } from './dataset'
import type { Collate } from './fetch'
import type { Pass } from './pass'
import { type Reader, end } from './reader'

export interface StreamOptions {
  batchSize: number | null
  dropLast: boolean
  collate: Collate | null
}

/**
 * Resumed, the stream is read from its beginning, and what the pass had is left out. An iterable that
 * is there at once then finds the default generator as it was, which goes on where it is as soon as
 * the place is found.
 */
export class StreamReader implements Reader {
  readonly #open: () => unknown
  readonly #pass: Pass
  readonly #options: StreamOptions
  /** Samples of a batch. */
  readonly #size: number
  #iterator: Iterator<unknown> | null = null
  #async: Promise<AsyncIterator<unknown>> | null = null
  /** One sample of an async iterable is read at a time. */
  #last: Promise<unknown> = Promise.resolve()
  #reading = 0
  #isOver = false

  constructor(pass: Pass, open: () => unknown, options: StreamOptions) {
    this.#open = open
    this.#pass = pass
    this.#options = options
    this.#size = options.batchSize ?? 1
  }

  read(): unknown {
    if (this.#isOver) return end
    if (!this.#iterator && !this.#async) this.#begin()
    if (this.#iterator) return this.#batch(this.#samples(this.#iterator))
    this.#reading++
    const next = this.#last.then(() => this.#asyncBatch())
    this.#last = next.finally(() => this.#reading--)
    this.#last.catch(() => {})
    return next
  }

  #samples(iterator: Iterator<unknown>): unknown[] {
    const samples: unknown[] = []
    while (samples.length < this.#size && !this.#isOver) {
      const { done, value } = iterator.next()
      if (done) this.#isOver = true
      else samples.push(value)
    }
    return samples
  }

  async #asyncBatch(): Promise<unknown> {
    const iterator = await (this.#async as Promise<AsyncIterator<unknown>>)
    const samples: unknown[] = []
    while (samples.length < this.#size && !this.#isOver) {
      const { done, value } = await iterator.next()
      if (done) this.#isOver = true
      else samples.push(value)
    }
    return this.#batch(samples)
  }

  #batch(samples: unknown[]): unknown {
    const { batchSize, dropLast, collate } = this.#options
    if (samples.length === 0 || (dropLast && samples.length < this.#size)) return end
    this.#pass.gather(samples.length)
    if (batchSize === null)
      return ((collate ?? defaultConvert) as (sample: unknown) => unknown)(samples[0])
    return ((collate ?? defaultCollate) as (samples: unknown[]) => unknown)(samples)
  }

  #begin(): void {
    const skip = this.#pass.resumed?.streamed ?? 0
    const now = getRngState()
    const start: Tensor = (skip > 0 && this.#pass.resumed?.rng) || now
    this.#pass.streamStart = start.toTypedArray() as Uint8Array
    if (start !== now) setRngState(start)
    try {
      const given = this.#open()
      if (isPromise(given) || isAsyncIterable(given)) {
        this.#async = skipAsync(given, skip)
        this.#async.catch(() => {})
        return
      }
      this.#iterator = iteratorOf(given) as Iterator<unknown>
      for (let i = 0; i < skip; i++) notDone(this.#iterator.next(), i, skip)
    } finally {
      if (start !== now) setRngState(now)
    }
  }

  /** A read that is under way may never end: it is not waited for. */
  close(): void | Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#iterator) {
      this.#iterator.return?.()
      return
    }
    const closed = this.#async?.then((iterator) => iterator.return?.()).then(() => {})
    if (this.#reading === 0) return closed
    closed?.catch(() => {})
  }
}

function iteratorOf(given: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  if (isAsyncIterable(given)) return given[Symbol.asyncIterator]()
  if (isIterable(given) && typeof given === 'object') return given[Symbol.iterator]()
  throw typeError('dataset', 'a function that gives an iterable or an async iterable', given)
}

async function skipAsync(open: unknown, skip: number): Promise<AsyncIterator<unknown>> {
  const iterator = iteratorOf(await open)
  for (let i = 0; i < skip; i++) notDone(await iterator.next(), i, skip)
  return iterator as AsyncIterator<unknown>
}

function notDone({ done }: IteratorResult<unknown>, at: number, wanted: number): void {
  if (!done) return
  const remedy = 'give the stream that the state is of'
  throw rangeError('dataset', `${wanted} samples, which the state has behind it`, at, remedy)
}
