/**
 * One pass over the data: an epoch's batches, one after the other.
 */
import { typeError } from '../check'
import type { Tensor } from '../tensor'
import { type FlatBatch, flatBatch } from './batch'
import { gather } from './gather'

interface PassBase {
  /** Batches taken so far. */
  position: number
  /** The next batch; null where there is none. */
  next(): Promise<FlatBatch | null>
  /** The first batch, which `next` then gives all the same; null where there is none. */
  peek(): Promise<FlatBatch | null>
  /** Leaves out `count` batches that an earlier run has used. */
  skip(count: number): Promise<void>
  /** The pass ends here. */
  close(): Promise<void>
}

export type Pass = PlainPass | StreamPass

/** Batches of consecutive places in an order over tensors. */
export class PlainPass implements PassBase {
  readonly isPlain = true
  position = 0

  /**
   * @param order int64, null for the natural one
   * @param batchSize samples in a batch
   * @param count samples of the order that are used
   */
  constructor(
    public data: FlatBatch,
    readonly order: Tensor | null,
    readonly batchSize: number,
    readonly count: number
  ) {}

  /** Batches in the pass. */
  get batches(): number {
    return Math.ceil(this.count / this.batchSize)
  }

  /** Samples in batches `from` to `to` of the pass. */
  samplesBetween(from: number, to: number): number {
    const end = (batch: number) => Math.min(this.count, batch * this.batchSize)
    return end(to) - end(from)
  }

  async next(): Promise<FlatBatch | null> {
    const from = this.position * this.batchSize
    if (from >= this.count) return null
    const length = this.samplesBetween(this.position, this.position + 1)
    this.position += 1
    return {
      layout: this.data.layout,
      tensors: gather(this.data.tensors, this.order, from, length)
    }
  }

  async peek(): Promise<FlatBatch | null> {
    const before = this.position
    const batch = await this.next()
    this.position = before
    return batch
  }

  async skip(count: number): Promise<void> {
    this.position += count
  }

  async close(): Promise<void> {}
}

/** Batches that something else makes. */
export class StreamPass implements PassBase {
  readonly isPlain = false
  readonly order = null
  position = 0
  readonly #name: string
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>
  /** Read ahead. */
  #peeked: FlatBatch | null = null

  constructor(name: string, batches: unknown) {
    const source = Object(batches) as Iterable<unknown> & AsyncIterable<unknown>
    const iterator = source[Symbol.asyncIterator]?.() ?? source[Symbol.iterator]?.()
    if (!iterator) throw typeError(name, 'a function that gives an iterable of batches', batches)
    this.#name = name
    this.#iterator = iterator
  }

  async next(): Promise<FlatBatch | null> {
    const batch = await this.peek()
    this.#peeked = null
    if (batch !== null) this.position += 1
    return batch
  }

  async peek(): Promise<FlatBatch | null> {
    if (this.#peeked) return this.#peeked
    const { done, value } = await this.#iterator.next()
    if (done) return null
    this.#peeked = flatBatch(`${this.#name}: batch ${this.position}`, value)
    return this.#peeked
  }

  async skip(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      if ((await this.next()) === null)
        throw new RangeError(
          `${this.#name}: expected at least ${count} batches, as many as the checkpoint has used, got ${i}`
        )
    }
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }
}
