/**
 * Where batches come from: tensors with a row a sample, or anything that is iterated over.
 */
import { types } from 'node:util'

import { integer, rangeError, typeError } from '../check'
import { tensor } from '../data'
import { Generator } from '../generator'
import { isTensor, type Tensor } from '../tensor'
import { type FlatBatch, flatBatch } from './batch'
import type { Loader } from './loader'
import { drawOrder } from './order'
import { type Pass, PlainPass, StreamPass } from './pass'
import { rows } from './tree'

/** What options say about batches. */
export interface Batching {
  batchSize: number | 'full' | null
  shuffle: boolean | Generator
  dropLast: boolean | null
  /** For tensors, where `batchSize` is null; null: all samples. */
  usualBatchSize: number | 'full' | null
}

export interface Source {
  /** What the options said, as the validation's default. */
  readonly batchSize: number | 'full' | null
  /** Samples in a pass; null where that is not known. */
  readonly samples: number | null
  /** Whether each pass is the same as the one before. */
  readonly repeats: boolean
  /** Generators of its own that it draws orders from. */
  readonly generators: readonly Generator[]
  /** Begins a pass. With `order`, null for the natural one, none is drawn. */
  begin(order?: Tensor | null): Pass
  /** Of a source that can go on in mid-pass by itself: where it is. */
  state?(): object
  load?(state: object): void
}

type Batches = Iterable<unknown> | AsyncIterable<unknown>

export function batchSizeOption(name: string, value: unknown): number | 'full' {
  if (value === 'full') return value
  if (typeof value !== 'number') throw typeError(name, "an integer >= 1 or 'full'", value)
  return integer(name, value, 1)
}

function ofTensors(
  name: string,
  batch: FlatBatch,
  { batchSize: own, usualBatchSize, shuffle, dropLast }: Batching
): Source {
  const batchSize = own ?? usualBatchSize
  const [first, ...others] = batch.tensors as [Tensor, ...Tensor[]]
  const samples = rows(first)
  for (const other of [first, ...others]) {
    if (other.ndim === 0 || rows(other) !== samples)
      throw rangeError(
        name,
        `${samples} rows in each tensor, one a sample`,
        `a tensor of shape [${other.shape}]`
      )
  }
  if (samples === 0) throw rangeError(name, 'at least one sample', `shape [${first.shape}]`)
  const size = batchSize === null || batchSize === 'full' ? samples : Math.min(batchSize, samples)
  const count =
    dropLast && batchSize !== 'full' ? samples - (samples % (batchSize ?? size)) : samples
  if (count === 0)
    throw rangeError('dropLast', `false for ${samples} samples in batches of`, batchSize)
  const generator = shuffle instanceof Generator ? shuffle : null
  return {
    batchSize,
    samples: count,
    repeats: shuffle === false,
    generators: generator ? [generator] : [],
    begin(order) {
      const drawn = order === undefined && shuffle !== false ? drawOrder(samples, generator) : order
      return new PlainPass(batch, {
        order: drawn ?? null,
        batchSize: size,
        dropLast: dropLast ?? false
      })
    }
  }
}

function refuseBatching({ batchSize, shuffle, dropLast }: Batching): void {
  const given = { batchSize, shuffle: shuffle || null, dropLast }
  for (const [name, value] of Object.entries(given)) {
    if (value !== null)
      throw typeError(
        name,
        'none, as the data come in batches',
        value,
        'leave it to what makes the batches'
      )
  }
}

function ofBatches(name: string, open: () => Batches): Source {
  return {
    batchSize: null,
    samples: null,
    repeats: false,
    generators: [],
    begin: () => new StreamPass(name, open())
  }
}

/** A loader may be no more than an order over tensors: then the native thread can gather its batches. */
function ofLoader(name: string, loader: Loader & Batches): Source {
  const { stateDict, loadStateDict } = loader
  return {
    ...ofBatches(name, () => loader),
    begin() {
      const plain = loader.plain()
      return plain
        ? new PlainPass(flatBatch(name, plain.tensors), plain)
        : new StreamPass(name, loader)
    },
    ...(stateDict && { state: () => stateDict.call(loader) }),
    ...(loadStateDict && { load: (state) => loadStateDict.call(loader, state) })
  }
}

function isIterable(value: unknown): value is Batches {
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = Object(value)
  return typeof sync === 'function' || typeof async === 'function'
}

/** Whether an array holds rows of numbers. */
function isRow(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false
  let first: unknown = value[0]
  while (Array.isArray(first)) first = first[0]
  return typeof first === 'number' || typeof first === 'bigint' || typeof first === 'boolean'
}

function fromRows(name: string, data: readonly unknown[]): FlatBatch {
  const wrong = data.findIndex((row) => !isRow(row))
  if (wrong >= 0) throw typeError(`${name}[${wrong}]`, 'a row [input, target]', data[wrong])
  const column = (i: number) => tensor(data.map((row) => (row as unknown[])[i]) as number[])
  return flatBatch(name, [column(0), column(1)])
}

/** Where `data` has batches; checks what can be checked before the first one. */
export function sourceOf(name: string, data: unknown, batching: Batching): Source {
  const { tensors, plain } = (data ?? {}) as { tensors?: unknown; plain?: unknown }
  if (Array.isArray(data) && data.length > 0) {
    if (isRow(data[0])) return ofTensors(name, fromRows(name, data), batching)
    if (!data.every(Array.isArray)) return ofTensors(name, flatBatch(name, data), batching)
  } else if (!isTensor(data) && Array.isArray(tensors)) {
    return ofTensors(name, flatBatch(name, tensors), batching)
  }
  const isFunction = types.isProxy(data) ? false : typeof data === 'function'
  const isEmpty = Array.isArray(data) && data.length === 0
  const isText = typeof data === 'string'
  if (isEmpty || isText || isTensor(data) || !(isFunction || isIterable(data)))
    throw typeError(
      name,
      '[x, y], a TensorDataset, a DataLoader, rows, or an iterable of batches [x, y]',
      data
    )
  refuseBatching(batching)
  if (typeof plain === 'function') return ofLoader(name, data as Loader & Batches)
  const open = isFunction ? (data as () => Batches) : () => data as Batches
  return ofBatches(name, open)
}
