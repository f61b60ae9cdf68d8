/**
 * What a DataLoader reads: datasets with an index, and streams.
 * Source: https://pytorch.org/docs/stable/data.html#dataset-types
 */
import { types } from 'node:util'

import { integer, rangeError, typeError } from '../check'
import { type Tensor, isTensor } from '../tensor'
import { type ModuleReference, isReference } from './module_reference'

/** A map-style dataset. `get` may give a promise: then the loader is read with `for await`. */
export interface Dataset<Sample = unknown> {
  /** How many samples there are. */
  readonly length: number
  /** Sample `index`, from 0 to `length - 1`. */
  get(index: number): Sample | Promise<Sample>
  /** Several samples at once, where that is cheaper. */
  getItems?(indices: number[]): Sample[] | Promise<Sample[]>
}

/** Samples one after the other; a function gives new ones for each pass. */
export type Stream<Sample> =
  | Iterable<Sample>
  | AsyncIterable<Sample>
  | (() =>
      | Iterable<Sample>
      | AsyncIterable<Sample>
      | Promise<Iterable<Sample> | AsyncIterable<Sample>>)

/** All that a DataLoader takes. */
export type DataSource<Sample = unknown> =
  | Dataset<Sample>
  | readonly Sample[]
  | Stream<Sample>
  | ModuleReference

/** A dataset of rows that lie in tensors: a whole batch is gathered at once. */
export interface Gathered {
  readonly tensors: readonly Tensor[]
  /** For a part of the rows of `tensors`: which ones. */
  readonly rows: BigInt64Array | null
  /** Whether a sample is the row of the one tensor, not an array of rows. */
  readonly isSingle: boolean
}

/** How a dataset says that its rows lie in tensors; null where a subclass has a `get` of its own. */
export const gathered = Symbol('rows in tensors')

export type Source =
  | { kind: 'map'; dataset: Dataset; rows: Gathered | null }
  | { kind: 'stream'; open: () => unknown }
  | { kind: 'module'; reference: ModuleReference }

/** Arrays and tensors as datasets. */
class Rows implements Dataset {
  readonly #rows: readonly unknown[]

  constructor(rows: readonly unknown[]) {
    this.#rows = rows
  }

  get length(): number {
    return this.#rows.length
  }

  get(index: number): unknown {
    return this.#rows[indexIn('index', index, this.#rows.length)]
  }
}

/** An index from 0, or as Python counts from the end, below 0. */
export function indexIn(name: string, index: unknown, length: number): number {
  if (length === 0) throw rangeError(name, 'none: there are no samples', index)
  const checked = integer(name, index, -length, length - 1)
  return checked < 0 ? checked + length : checked
}

/** A copy of an array of indices, each from 0 to `length - 1`; any where no length is given. */
export function indexList(name: string, indices: unknown, length?: number): number[] {
  if (!Array.isArray(indices)) throw typeError(name, 'an array of indices', indices)
  return indices.map((index, i) =>
    length === undefined ? integer(`${name}[${i}]`, index) : indexIn(`${name}[${i}]`, index, length)
  )
}

/** Anything with an index as a dataset. */
export function mapDataset(name: string, value: unknown): Dataset {
  const source = sourceOf(name, value)
  if (source.kind === 'map') return source.dataset
  throw typeError(name, 'a dataset { length, get(index) } or an array', value, noIndex)
}

const noIndex = 'a stream has no index: read it into an array, or take a TensorDataset'

/** What `value` is. @throws TypeError for anything that gives no samples */
export function sourceOf(name: string, value: unknown): Source {
  if (isTensor(value)) {
    if (value.ndim === 0) throw rangeError(name, 'a tensor with a first dimension', value)
    const dataset = { length: value.shape[0] as number, get: (i: number) => value.select(0, i) }
    return { kind: 'map', dataset, rows: { tensors: [value], rows: null, isSingle: true } }
  }
  if (Array.isArray(value)) return { kind: 'map', dataset: new Rows(value), rows: null }
  if (isReference(value)) return { kind: 'module', reference: value }
  if (typeof value === 'function') return { kind: 'stream', open: value as () => unknown }
  if (typeof value === 'object' && value !== null) {
    const given = value as Partial<Dataset> & { [gathered]?: Gathered | null }
    if (typeof given.get === 'function' && 'length' in given) {
      integer(`${name}.length`, given.length)
      return { kind: 'map', dataset: given as Dataset, rows: given[gathered] ?? null }
    }
    if (!types.isTypedArray(value) && (isIterable(value) || isAsyncIterable(value)))
      return { kind: 'stream', open: opener(name, value) }
  }
  throw typeError(
    name,
    'a dataset { length, get(index) }, an array, an iterable, a function that gives one or { module }',
    value,
    'wrap tensors as new TensorDataset(x, y)'
  )
}

/** A generator is read once only: the second pass would find nothing, and say nothing. */
function opener(name: string, value: object): () => unknown {
  let isSpent = false
  return () => {
    const isOnce = typeof (value as Partial<Iterator<unknown>>).next === 'function'
    if (isOnce && isSpent) {
      throw typeError(
        name,
        'an iterable that can be read again for another pass',
        value,
        'give the function that makes it: new DataLoader(() => rows())'
      )
    }
    isSpent = true
    return value
  }
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] === 'function'
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  const given = value as Partial<AsyncIterable<unknown>> | null
  return typeof given?.[Symbol.asyncIterator] === 'function'
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Partial<Promise<unknown>> | null)?.then === 'function'
}
