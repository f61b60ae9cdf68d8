/**
 * The samples of a batch, fetched and collated.
 */
import { types } from 'node:util'

import { typeError } from '../check'
import { tensor } from '../data'
import { operator } from '../nn/define'
import type { Tensor } from '../tensor'
import type { BatchIndex } from './batch_indices'
import { defaultCollate, defaultConvert } from './collate'
import { type Dataset, type Gathered, indexIn, isPromise } from './dataset'

export type Collate = (samples: never) => unknown

/** How batches are made. */
export interface Recipe {
  dataset: Dataset
  /** Where a batch can be gathered at once. */
  rows: Gathered | null
  /** null: the default one. */
  collate: Collate | null
}

const indexSelect = operator('index_select')

/** A batch, or a promise of it where the dataset or the collate function gives one. */
export function fetchBatch(recipe: Recipe, index: BatchIndex): unknown {
  const { dataset, rows, collate } = recipe
  if (typeof index === 'number') {
    const convert = (collate ?? defaultConvert) as (sample: unknown) => unknown
    const sample = dataset.get(index)
    return isPromise(sample) ? sample.then(convert) : convert(sample)
  }
  if (rows && !collate) return gather(rows, index)
  const make = (collate ?? defaultCollate) as (samples: unknown) => unknown
  const indices = Array.from(index, Number)
  if (typeof dataset.getItems === 'function') {
    const samples: unknown = dataset.getItems(indices)
    return isPromise(samples)
      ? samples.then((given) => make(items(given, indices.length)))
      : make(items(samples, indices.length))
  }
  const samples = indices.map((one) => dataset.get(one))
  return samples.some(isPromise) ? Promise.all(samples).then(make) : make(samples)
}

function items(given: unknown, count: number): unknown {
  if (Array.isArray(given) && given.length === count) return given
  throw typeError('getItems', `an array of ${count} samples, one an index`, given)
}

/** The rows that `indices` into a part of them mean. */
export function rowsAt(rows: BigInt64Array, indices: BigInt64Array): BigInt64Array {
  return indices.map((one) => rows[indexIn('index', Number(one), rows.length)] as bigint)
}

/** One operator a tensor; the same bits as stacking row by row. */
function gather(
  { tensors, rows, isSingle }: Gathered,
  index: BigInt64Array | readonly number[]
): unknown {
  const length = rows?.length ?? ((tensors[0] as Tensor).shape[0] as number)
  const given = types.isBigInt64Array(index)
    ? index
    : BigInt64Array.from(index, (one) => BigInt(indexIn('index', one, length)))
  const chosen = tensor(rows ? rowsAt(rows, given) : given)
  const made = tensors.map((one) => {
    const { device } = one
    return indexSelect(one, 0, device === 'cpu' ? chosen : chosen.to({ device }))
  })
  return isSingle ? made[0] : made
}
