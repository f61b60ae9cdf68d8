/**
 * A pass that is nothing but rows of tensors in an order: it can be run without JavaScript.
 */
import { types } from 'node:util'

import { tensor } from '../data'
import { defaultGenerator } from '../generator'
import type { Tensor } from '../tensor'
import { type DrawnBatches, isDrawnBatches } from './batch_indices'
import type { IndexBatches } from './batch_sampler'
import type { Gathered } from './dataset'
import { joined } from './drawn_order'
import { rowsAt } from './fetch'
import type { Pass } from './pass'
import { RandomSampler, type Sampler } from './samplers'

export interface PlainPass {
  /** Batch i is the rows `order[i * batchSize, ...]` of each. */
  tensors: readonly Tensor[]
  /** int64. Of a pass that is resumed, what is left of it. */
  order: Tensor
  batchSize: number
  /** Whether a last batch that is smaller is left out. */
  dropLast: boolean
  /** Tells the loader that batches were used, so that its state says so. */
  advance(batches: number): void
  /** Tells the loader that the pass is over. */
  finish(): void
}

/** @param begin begins the pass, once it is known to be plain */
export function plainPass(
  rows: Gathered | null,
  sampler: Sampler | IndexBatches | null,
  begin: () => Pass
): PlainPass | null {
  if (!rows || rows.isSingle || !isDrawnBatches(sampler)) return null
  const inner = sampler.sampler
  // It goes on drawing in mid-pass, between the draws of the steps.
  if (inner instanceof RandomSampler && inner.generator === defaultGenerator) return null
  const pass = begin()
  const indices = pass.indices as DrawnBatches
  const order = joined([...pass.fetched().filter(types.isBigInt64Array), indices.draw()])
  const { rows: part } = rows
  return {
    tensors: rows.tensors,
    order: tensor(part ? rowsAt(part, order) : order),
    batchSize: sampler.batchSize,
    dropLast: sampler.dropLast,
    advance: (batches) => pass.advance(batches, indices),
    finish: () => pass.end()
  }
}
