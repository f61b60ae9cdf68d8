/**
 * Which samples each batch of a pass has, with the place kept for a pass that is resumed.
 */
import { typeError } from '../check'
import { BatchSampler, type IndexBatches } from './batch_sampler'
import { DrawnOrder, type DrawnOrderState } from './drawn_order'
import { DrawnSampler, type Sampler } from './samplers'

/** The samples of one batch: as they were drawn, or an array; a number where there are no batches. */
export type BatchIndex = BigInt64Array | readonly number[] | number

/** What is left of an order. */
export type IndicesState = { order: DrawnOrderState } | { rest: BatchIndex[] }

export interface BatchIndices {
  next(): BatchIndex | null
  state(): IndicesState
}

/** Orders that samplers of this library draw, batch by batch. */
export class DrawnBatches implements BatchIndices {
  readonly #order: DrawnOrder
  readonly #batchSize: number
  readonly #dropLast: boolean

  constructor(sampler: DrawnSampler, size: number, dropLast: boolean, state?: DrawnOrderState) {
    this.#order = new DrawnOrder(sampler, state)
    this.#batchSize = size
    this.#dropLast = dropLast
  }

  next(): BatchIndex | null {
    const taken = this.#order.take(this.#batchSize)
    const isShort = taken === null || taken.length < this.#batchSize
    return isShort && this.#dropLast ? null : taken
  }

  /** All that is left, drawn now; it can still be taken. */
  draw(): BigInt64Array {
    return this.#order.drawAll()
  }

  skip(batches: number): void {
    this.#order.take(batches * this.#batchSize)
  }

  state(): IndicesState {
    return { order: this.#order.state() }
  }
}

/** Single indices of a sampler of this library. */
export class DrawnSingles implements BatchIndices {
  readonly #batches: DrawnBatches

  constructor(sampler: DrawnSampler, state?: DrawnOrderState) {
    this.#batches = new DrawnBatches(sampler, 1, false, state)
  }

  next(): BatchIndex | null {
    const one = this.#batches.next() as BigInt64Array | null
    return one && Number(one[0])
  }

  state(): IndicesState {
    return this.#batches.state()
  }
}

/** Batches of a sampler of the user's own. */
export class GivenBatches implements BatchIndices {
  readonly #iterator: Iterator<unknown> | null
  /** What is left, where it was read ahead for a state. */
  #rest: BatchIndex[] | null

  constructor(given: Iterable<BatchIndex>, rest?: BatchIndex[]) {
    this.#iterator = rest ? null : given[Symbol.iterator]()
    this.#rest = rest ? [...rest] : null
  }

  next(): BatchIndex | null {
    if (this.#rest) return this.#rest.shift() ?? null
    const { done, value } = (this.#iterator as Iterator<unknown>).next()
    return done ? null : checkedIndex(value)
  }

  /** Reads what is left: nothing else is known of a sampler that is not ours. */
  state(): IndicesState {
    const rest: BatchIndex[] = []
    for (let one = this.next(); one !== null; one = this.next()) {
      if (rest.push(one) <= mostBatches) continue
      throw new RangeError(
        `sampler: expected an end within ${mostBatches} batches, to keep the order, got none; ` +
          'save the state between two passes'
      )
    }
    this.#rest = rest
    return { rest: [...rest] }
  }
}

const mostBatches = 2 ** 22

function checkedIndex(index: unknown): BatchIndex {
  const isIndex = (value: unknown) => Number.isSafeInteger(value)
  if (isIndex(index) || (Array.isArray(index) && index.length > 0 && index.every(isIndex)))
    return index as BatchIndex
  throw typeError('sampler', 'integers, or of a batchSampler arrays of them', index)
}

/** The batches of one pass. */
export function batchIndices(
  sampler: Sampler | IndexBatches,
  isBatched: boolean,
  state?: IndicesState
): BatchIndices {
  const order = state && 'order' in state ? state.order : undefined
  const rest = state && 'rest' in state ? state.rest : undefined
  if (isBatched && isDrawnBatches(sampler))
    return new DrawnBatches(sampler.sampler, sampler.batchSize, sampler.dropLast, order)
  if (!isBatched && isDrawn(sampler)) return new DrawnSingles(sampler, order)
  return new GivenBatches(sampler as Iterable<BatchIndex>, rest)
}

/** Batches of an order that libtorch draws; a subclass may iterate otherwise. */
export function isDrawnBatches(
  sampler: unknown
): sampler is BatchSampler & { readonly sampler: DrawnSampler } {
  return (
    sampler instanceof BatchSampler &&
    sampler[Symbol.iterator] === BatchSampler.prototype[Symbol.iterator] &&
    isDrawn(sampler.sampler)
  )
}

function isDrawn(sampler: unknown): sampler is DrawnSampler {
  return (
    sampler instanceof DrawnSampler &&
    sampler[Symbol.iterator] === DrawnSampler.prototype[Symbol.iterator]
  )
}
