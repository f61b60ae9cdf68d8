/**
 * One pass over the data: which batches were handed out, and what comes next.
 */
import { types } from 'node:util'

import { tensor } from '../data'
import { type Tensor, isTensor } from '../tensor'
import type { BatchIndex, BatchIndices, DrawnBatches, IndicesState } from './batch_indices'
import { indicesOf } from './drawn_order'

/** A pass that is under way. */
export interface PassState {
  /** What Python's loader draws when an iterator is made: its workers' seeds count from it. */
  baseSeed: bigint
  /** Batches handed out. */
  position: number
  /** What was taken from the order and not handed out, as it was fetched ahead. */
  pending: (Tensor | readonly number[] | number)[]
  /** What is left of the order; null where the samples are a stream. */
  indices: IndicesState | null
  /** Samples of a stream that were handed out. */
  streamed: number
  /** The default generator when a stream was begun. */
  rng: Tensor | null
}

export class Pass {
  readonly baseSeed: bigint
  /** The order, as soon as the number of samples is known; null for a stream. */
  indices: BatchIndices | null = null
  /** The default generator when a stream was begun. */
  streamStart: Uint8Array | null
  readonly #resumed: PassState | undefined
  /** Taken before the state was saved. */
  readonly #again: BatchIndex[]
  readonly #pending: BatchIndex[] = []
  /** Sizes of a stream's batches that were made and not handed out. */
  readonly #sizes: number[] = []
  #streamed: number
  #position: number
  #isOver = false

  constructor(baseSeed: bigint, resumed?: PassState) {
    this.baseSeed = baseSeed
    this.#resumed = resumed
    this.#again = (resumed?.pending ?? []).map((one) => (isTensor(one) ? indicesOf(one) : one))
    this.#position = resumed?.position ?? 0
    this.#streamed = resumed?.streamed ?? 0
    this.streamStart = resumed?.rng ? (resumed.rng.toTypedArray() as Uint8Array) : null
  }

  /** The state from which it goes on. */
  get resumed(): PassState | undefined {
    return this.#resumed
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get position(): number {
    return this.#position
  }

  /** The samples of the next batch to be fetched; null at the end. */
  take(): BatchIndex | null {
    const one = this.#again.shift() ?? this.indices?.next() ?? null
    if (one !== null) this.#pending.push(one)
    return one
  }

  /** So many samples of a stream make its next batch. */
  gather(samples: number): void {
    this.#sizes.push(samples)
  }

  /** A batch is handed out: the one that was taken first of those that were not. */
  deliver(): void {
    this.#pending.shift()
    this.#streamed += this.#sizes.shift() ?? 0
    this.#position++
  }

  /** What was taken before the state was saved, and is to be handed out first. */
  fetched(): readonly BatchIndex[] {
    return this.#again
  }

  /** Batches that are handed out without having been taken. */
  advance(batches: number, indices: DrawnBatches): void {
    const again = this.#again.splice(0, batches)
    indices.skip(batches - again.length)
    this.#position += batches
  }

  end(): void {
    this.#isOver = true
  }

  state(): PassState {
    return {
      baseSeed: this.baseSeed,
      position: this.#position,
      pending: [...this.#pending, ...this.#again].map((one) =>
        types.isBigInt64Array(one) ? tensor(one) : one
      ),
      indices: this.indices?.state() ?? this.#resumed?.indices ?? null,
      streamed: this.#streamed,
      rng: this.streamStart && tensor(this.streamStart)
    }
  }
}
