/**
 * Parts of tensors as Python's `t[...]` takes them, `t.index(...)`, and `t[...] = value`,
 * `t.indexPut_([...], value)`. The rules are libtorch's own (native/indexing.cc).
 * Source: https://pytorch.org/cppdocs/notes/tensor_indexing.html
 */
import { boolean, options as checkOptions, typeError } from './check'
import { constantTensor } from './data'
import { native } from './native'
import type { Nested } from './elements'
import { type Tensor, isTensor } from './tensor'

type Bound = number | ''

/** `start:stop` or `start:stop:step` as Python writes it; what is left out is the whole range. */
export type SliceText = `${Bound}:${Bound}` | `${Bound}:${Bound}:${Bound}`

/**
 * One index: a number takes one entry and removes the dimension, a slice takes a range, `'...'`
 * stands for as many full dimensions as fit, `null` makes a new one of size 1; a bool tensor or
 * array takes where it is true, an int64 tensor or array of numbers takes these entries.
 */
export type Index =
  | number
  | SliceText
  | '...'
  | null
  | boolean
  | Tensor
  | Nested<number | boolean>[]

export interface IndexPutOptions {
  /** Add to what is there, also where an index comes twice, instead of replacing it. Default false. */
  accumulate?: boolean
}

const remedy =
  "use numbers, 'start:stop:step', '...', null, booleans, tensors or arrays of numbers or booleans"
const slicePattern = /^(-?\d+)?:(-?\d+)?(?::(\d+)?)?$/
const end = 2 ** 53

/** `'1:3'` as [1, 3, 1], as the addon takes it. */
function sliceOf(name: string, text: string): [number, number, number] {
  const found = slicePattern.exec(text)
  const [start, stop, step] = [found?.[1] ?? 0, found?.[2] ?? end, found?.[3] ?? 1].map(Number)
  if (!found || step === 0) {
    const expected = "a slice 'start:stop:step' of whole numbers, the step positive, or '...'"
    throw typeError(name, expected, text, "for example '1:3', ':-1', '::2'")
  }
  return [start, stop, step] as [number, number, number]
}

function isBooleans(value: unknown): boolean {
  return Array.isArray(value)
    ? value.length > 0 && isBooleans(value[0])
    : typeof value === 'boolean'
}

/** An index as the addon takes it: arrays are tensors, slices triples. */
function plain(name: string, index: unknown): unknown {
  if (index === null || index === '...' || typeof index === 'boolean') return index
  if (typeof index === 'number') {
    if (Number.isSafeInteger(index)) return index
    throw typeError(name, 'a whole number', index, 'use Math.trunc(index)')
  }
  if (typeof index === 'string') return sliceOf(name, index)
  if (isTensor(index)) return index
  if (Array.isArray(index)) {
    return constantTensor(index, { dtype: isBooleans(index) ? 'bool' : 'int64' })
  }
  throw typeError(name, 'an index', index, remedy)
}

function plainAll(indices: readonly unknown[]): unknown[] {
  return indices.map((index, i) => plain(`index ${i}`, index))
}

/** @internal `tensor[...indices]` */
export function index(tensor: Tensor, indices: readonly Index[]): Tensor {
  return native.index(tensor, plainAll(indices))
}

/** @internal `tensor[...indices] = value` */
export function indexPut(
  tensor: Tensor,
  indices: readonly Index[],
  value: Tensor | number | boolean,
  options: IndexPutOptions | undefined
): void {
  if (!Array.isArray(indices)) {
    throw typeError('indices', 'an array of indices', indices, "for example [0, ':', mask]")
  }
  const given = checkOptions<IndexPutOptions>('indexPut', options, ['accumulate'])
  const accumulate = given.accumulate !== undefined && boolean('accumulate', given.accumulate)
  native.indexPut(tensor, plainAll(indices), value, accumulate)
}

/** @internal One entry: as many whole numbers as there are dimensions, or fewer for a part. */
export function at(tensor: Tensor, indices: readonly number[]): Tensor {
  const wrong = indices.findIndex((value) => !Number.isSafeInteger(value))
  if (wrong >= 0) {
    const got = indices[wrong]
    throw typeError(`index ${wrong}`, 'a whole number', got, 'use index() for slices and masks')
  }
  return native.index(tensor, indices)
}

/**
 * A slice from numbers: `slice(1, 3)` is `'1:3'`, `slice(null, null, 2)` is `'::2'`.
 * @throws TypeError for anything that is neither a whole number nor null, or a step below 1.
 */
export function slice(
  start: number | null = null,
  stop: number | null = null,
  step: number | null = null
): SliceText {
  const text = (name: string, value: number | null, least: number): Bound => {
    if (value === null) return ''
    if (Number.isSafeInteger(value) && value >= least) return value
    throw typeError(
      name,
      least > 0 ? 'a whole number above 0, or null' : 'a whole number or null',
      value
    )
  }
  const range = `${text('start', start, -end)}:${text('stop', stop, -end)}` as const
  return step === null ? range : `${range}:${text('step', step, 1)}`
}
