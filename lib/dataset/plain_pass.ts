/**
 * A pass that is nothing but rows of tensors in an order: it can be run without JavaScript.
 */
import { defaultGenerator } from '../generator'
import { operator } from '../nn/define'
import { type Tensor, isTensor } from '../tensor'
import { type DrawnBatches, isDrawnBatches } from './batch_indices'
import type { IndexBatches } from './batch_sampler'
import type { Gathered } from './dataset'
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

const cat = operator('cat')
const indexSelect = operator('index_select')

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
  const fetched = pass.fetched().filter(isTensor)
  const drawn = indices.draw()
  const order = fetched.length === 0 ? drawn : cat([...fetched, drawn])
  return {
    tensors: rows.tensors,
    order: rows.rows ? indexSelect(rows.rows, 0, order) : order,
    batchSize: sampler.batchSize,
    dropLast: sampler.dropLast,
    advance: (batches) => pass.advance(batches, indices),
    finish: () => pass.end()
  }
}
