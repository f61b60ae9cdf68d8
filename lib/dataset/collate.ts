/**
 * Samples made into a batch, as Python's loader does it.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.default_collate
 */
import { types } from 'node:util'

import { describe, rangeError, typeError } from '../check'
import { type TensorArray, tensor } from '../data'
import { operator } from '../nn/define'
import { isPlain, setEntry } from '../plain'
import { type Tensor, isTensor } from '../tensor'

/** What `defaultCollate` makes of samples. */
export type Collated<S> = S extends Tensor | number | bigint | boolean
  ? Tensor
  : S extends string
    ? string[]
    : S extends ArrayBufferView
      ? Tensor
      : S extends ReadonlyMap<infer K, infer V>
        ? Map<K, Collated<V>>
        : S extends object
          ? { -readonly [K in keyof S]: Collated<S[K]> }
          : unknown

const stack = operator('stack')
const dtypes = { number: 'float64', bigint: 'int64', boolean: 'bool' } as const

/**
 * A batch of samples of one kind: tensors and typed arrays are stacked; numbers become a float64
 * tensor, BigInts an int64 one, booleans a bool one; strings stay an array; arrays, plain objects and
 * Maps are collated part by part.
 * @throws TypeError for anything else, null among it, and where samples differ in kind; RangeError
 * where they differ in size, or where there is none
 */
export function defaultCollate<S>(samples: readonly S[]): Collated<S> {
  if (!Array.isArray(samples)) throw typeError('samples', 'an array of samples', samples)
  return collate(samples, (i) => `samples[${i}]`) as Collated<S>
}

function collate(samples: readonly unknown[], path: (i: number) => string): unknown {
  if (samples.length === 0) throw rangeError('samples', 'at least one', samples)
  const first = samples[0]
  if (isTensor(first)) return stack(same(samples, isTensor, 'a Tensor', path), 0)
  switch (typeof first) {
    case 'number':
    case 'bigint':
    case 'boolean': {
      const kind = typeof first as keyof typeof dtypes
      const isKind = (value: unknown): value is number => typeof value === kind
      return tensor(same(samples, isKind, `a ${kind}`, path), { dtype: dtypes[kind] })
    }
    case 'string':
      return [...same(samples, (value) => typeof value === 'string', 'a string', path)]
  }
  if (types.isTypedArray(first)) {
    const arrays = same(samples, types.isTypedArray, 'a typed array', path)
    return stack(
      arrays.map((array) => tensor(array as TensorArray)),
      0
    )
  }
  if (Array.isArray(first)) return collateArrays(samples, first.length, path)
  if (types.isMap(first)) {
    const maps = same(samples, types.isMap, 'a Map', path) as Map<unknown, unknown>[]
    const parts = [...first.keys()].map((key) => {
      const missing = maps.findIndex((map) => !map.has(key))
      if (missing >= 0) throw lacking(path(missing), String(key), path(0))
      const values = maps.map((map) => map.get(key))
      return [key, collate(values, (i) => `${path(i)}.get(${String(key)})`)] as const
    })
    return new Map(parts)
  }
  if (typeof first === 'object' && first !== null && isPlain(first))
    return collateObjects(samples, Object.keys(first), path)
  throw typeError(
    path(0),
    'tensors, typed arrays, numbers, BigInts, booleans, strings, or these in arrays, objects and Maps',
    first,
    'pass a collate function that makes a batch of such samples'
  )
}

function collateArrays(
  samples: readonly unknown[],
  size: number,
  path: (i: number) => string
): unknown[] {
  const rows = same(samples, Array.isArray, 'an array', path) as unknown[][]
  const other = rows.findIndex((row) => row.length !== size)
  if (other >= 0)
    throw rangeError(path(other), `${size} parts, as ${path(0)} has`, rows[other], differing)
  return Array.from({ length: size }, (_, part) =>
    collate(
      rows.map((row) => row[part]),
      (i) => `${path(i)}[${part}]`
    )
  )
}

function collateObjects(
  samples: readonly unknown[],
  keys: string[],
  path: (i: number) => string
): Record<string, unknown> {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && isPlain(value)
  const objects = same(samples, isObject, 'an object', path)
  const made = {}
  for (const key of keys) {
    const missing = objects.findIndex((object) => !Object.hasOwn(object, key))
    if (missing >= 0) throw lacking(path(missing), key, path(0))
    const values = objects.map((object) => object[key])
    setEntry(
      made,
      key,
      collate(values, (i) => `${path(i)}.${key}`)
    )
  }
  return made
}

const differing = 'pad the samples, or pass a collate function'

function lacking(path: string, key: string, first: string): RangeError {
  return new RangeError(`${path}: expected '${key}', as ${first} has it, got nothing; ${differing}`)
}

/** `samples`, all of the kind of the first. */
function same<T>(
  samples: readonly unknown[],
  isKind: (value: unknown) => value is T,
  kind: string,
  path: (i: number) => string
): readonly T[]
function same(
  samples: readonly unknown[],
  isKind: (value: unknown) => boolean,
  kind: string,
  path: (i: number) => string
): readonly unknown[]
function same(
  samples: readonly unknown[],
  isKind: (value: unknown) => boolean,
  kind: string,
  path: (i: number) => string
): readonly unknown[] {
  const other = samples.findIndex((value) => !isKind(value))
  if (other < 0) return samples
  throw new TypeError(
    `${path(other)}: expected ${kind}, as ${path(0)} is, got ${describe(samples[other])}; ${differing}`
  )
}

/**
 * A sample as a loader without batches hands it out: typed arrays become tensors, also in arrays,
 * plain objects and Maps; all else stays.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.default_convert
 */
export function defaultConvert(sample: unknown): unknown {
  if (types.isTypedArray(sample)) return tensor(sample as TensorArray)
  if (Array.isArray(sample)) return sample.map(defaultConvert)
  if (types.isMap(sample))
    return new Map([...sample].map(([key, value]) => [key, defaultConvert(value)]))
  if (typeof sample !== 'object' || sample === null || isTensor(sample) || !isPlain(sample))
    return sample
  const made = {}
  for (const [key, value] of Object.entries(sample)) setEntry(made, key, defaultConvert(value))
  return made
}
