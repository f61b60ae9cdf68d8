/**
 * Batches of indices.
 */
import { boolean, integer, typeError } from '../check'
import { type Optional, keywords } from '../nn/keywords'
import { isIterable } from './dataset'
import type { Sampler } from './samplers'

/** Anything that gives arrays of indices. */
export interface IndexBatches extends Iterable<readonly number[]> {
  /** How many batches it gives. */
  readonly length?: number
}

/**
 * Arrays of `batchSize` indices of `sampler`, the last one shorter unless `dropLast`.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.BatchSampler
 */
export class BatchSampler implements IndexBatches {
  readonly sampler: Sampler
  readonly batchSize: number
  readonly dropLast: boolean

  constructor(
    sampler: Sampler,
    ...rest: Optional<[number, boolean], { batchSize?: number; dropLast?: boolean }>
  ) {
    const given = keywords<{ batchSize?: number; dropLast?: boolean }>('BatchSampler', rest, [
      'batchSize',
      'dropLast'
    ])
    this.sampler = samplerArgument('sampler', sampler)
    this.batchSize = integer('batchSize', given.batchSize, 1)
    this.dropLast = boolean('dropLast', given.dropLast ?? false)
  }

  /** How many batches; undefined where the sampler has no length. */
  get length(): number | undefined {
    const { length } = this.sampler
    if (length === undefined) return undefined
    return (this.dropLast ? Math.floor : Math.ceil)(length / this.batchSize)
  }

  *[Symbol.iterator](): Iterator<number[]> {
    let batch: number[] = []
    for (const index of this.sampler) {
      batch.push(index)
      if (batch.length < this.batchSize) continue
      yield batch
      batch = []
    }
    if (batch.length > 0 && !this.dropLast) yield batch
  }
}

export function samplerArgument<T extends Iterable<unknown>>(name: string, value: T): T {
  if (typeof value === 'object' && value !== null && isIterable(value)) return value
  throw typeError(name, 'an iterable of indices, such as a RandomSampler or an array', value)
}
