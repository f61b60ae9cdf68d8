/**
 * One pass over the data: an epoch's batches, one after the other.
 */
import { typeError } from '../check'
import type { Tensor } from '../tensor'
import { type FlatBatch, flatBatch } from './batch'
import { gather } from '../dataset/gather'
import type { PlainData } from './loader'

interface PassBase {
  /** Batches taken so far. */
  readonly position: number
  /** The next batch; null where there is none. */
  next(): Promise<FlatBatch | null>
  /** Leaves out `count` batches that an earlier run has used. */
  skip(count: number): Promise<void>
  /** The pass was gone through, or is given up. */
  close(isOver: boolean): Promise<void>
}

export type Pass = PlainPass | StreamPass

/** Batches of consecutive places in an order over tensors. */
export class PlainPass implements PassBase {
  readonly isPlain = true
  /** Samples of the order that are used. */
  readonly count: number
  #position = 0

  /**
   * @param data its tensors have a row a sample
   * @param plain `order` is int64, null for the natural one
   */
  constructor(
    public data: FlatBatch,
    private readonly plain: Omit<PlainData, 'tensors'>
  ) {
    const samples = (plain.order ?? (data.tensors[0] as Tensor)).shape[0] as number
    this.count = plain.dropLast ? samples - (samples % plain.batchSize) : samples
  }

  get order(): Tensor | null {
    return this.plain.order
  }

  /** Samples in a batch. */
  get batchSize(): number {
    return this.plain.batchSize
  }

  get position(): number {
    return this.#position
  }

  /** Batches in the pass. */
  get batches(): number {
    return Math.ceil(this.count / this.batchSize)
  }

  /** Samples in the next `batches`. */
  samplesIn(batches: number): number {
    const end = (batch: number) => Math.min(this.count, batch * this.batchSize)
    return end(this.#position + batches) - end(this.#position)
  }

  /** The next `batches` were used. */
  advance(batches: number): void {
    this.#position += batches
    this.plain.advance?.(batches)
  }

  async next(): Promise<FlatBatch | null> {
    const length = this.samplesIn(1)
    if (length === 0) return null
    const from = this.#position * this.batchSize
    const { layout, tensors } = this.data
    const batch = { layout, tensors: gather(tensors, this.order, from, length) }
    this.advance(1)
    return batch
  }

  async skip(count: number): Promise<void> {
    this.#position += count
  }

  async close(isOver: boolean): Promise<void> {
    if (isOver) this.plain.finish?.()
  }
}

/** Batches that something else makes. */
export class StreamPass implements PassBase {
  readonly isPlain = false
  readonly order = null
  position = 0
  readonly #name: string
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>

  constructor(name: string, batches: unknown) {
    const source = Object(batches) as Iterable<unknown> & AsyncIterable<unknown>
    const iterator = source[Symbol.asyncIterator]?.() ?? source[Symbol.iterator]?.()
    if (!iterator) throw typeError(name, 'a function that gives an iterable of batches', batches)
    this.#name = name
    this.#iterator = iterator
  }

  async next(): Promise<FlatBatch | null> {
    const { done, value } = await this.#iterator.next()
    if (done) return null
    return flatBatch(`${this.#name}: batch ${this.position++}`, value)
  }

  async skip(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      if ((await this.next()) === null)
        throw new RangeError(
          `${this.#name}: expected at least ${count} batches, as many as the checkpoint has used, got ${i}`
        )
    }
  }

  async close(isOver: boolean): Promise<void> {
    if (!isOver) await this.#iterator.return?.()
  }
}
