/**
 * Tensors from JavaScript's own numbers, arrays and typed arrays.
 */
import { types } from 'node:util'

import { boolean, integer, options as checkOptions, rangeError, typeError } from './check'
import { refuse } from './compile/tape'
import { type DType, dtypeCode, isDifferentiable } from './dtype'
import { native } from './native'
import type { Nested } from './elements'
import type { Tensor } from './tensor'
import type { Complex } from './values'

export interface TensorOptions {
  /** Element type. Default `'float32'`, or that of the typed array. */
  dtype?: DType
  /** `'cpu'` (default), `'cuda'`, `'cuda:N'`, or `'auto'`: CUDA where it works. */
  device?: string
  /** Whether autograd follows the tensor. Default false. */
  requiresGrad?: boolean
}

/** Typed arrays that `tensor()` takes, each with a dtype of its own. */
export type TensorArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Int32Array
  | BigInt64Array
  | HalfArray

/** A Float16Array, of engines that have it. */
export interface HalfArray {
  readonly [Symbol.toStringTag]: 'Float16Array'
  readonly [index: number]: number
  readonly length: number
  readonly buffer: ArrayBufferLike
}

/** The typed arrays that the addon reads. */
type Readable = Exclude<TensorArray, HalfArray>

type Value = number | bigint | boolean

type TensorData =
  | Nested<Value>
  | Nested<number | Complex>
  | TensorArray
  | readonly (readonly number[])[]
  | readonly number[]
type ShapedOptions = TensorOptions & { shape?: number[] }

export const optionNames = ['dtype', 'device', 'requiresGrad']

export const arrayDTypes: Record<string, DType> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  Int8Array: 'int8',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Int16Array: 'int16',
  Int32Array: 'int32',
  BigInt64Array: 'int64',
  Float16Array: 'float16'
}

// Small data, the most frequent kind, is staged here instead of in a new array each time.
const stage = new Float64Array(256)

/**
 * A tensor with a copy of `data`: a number, boolean, BigInt or `{ re, im }` (shape `[]`), nested
 * arrays of them (one level a dimension), or a typed array (shape `[length]`, or `options.shape`).
 * dtype: the option's, else the typed array's, else bool for booleans, int64 for BigInts, complex64
 * where there are complex numbers, float32.
 * @throws RangeError for ragged arrays, for a shape that does not fit the data, for values that do
 * not fit the dtype; TypeError for anything that is no number, or numbers mixed with BigInts.
 * Source: https://pytorch.org/docs/stable/generated/torch.tensor.html
 */
export function tensor(data: TensorData, options?: ShapedOptions): Tensor {
  refuse('tensor(data)', 'pass the tensor as an argument of the step, or make it before')
  return constantTensor(data, options)
}

/** What `tensor` gives, for what the library makes for itself: it is the same in each step. */
export function constantTensor(data: TensorData, options?: ShapedOptions): Tensor {
  let dtype: DType | undefined
  let device: string | null = null
  let requiresGrad = false
  let wantedShape: number[] | undefined
  if (options !== undefined) {
    checkOptions('tensor', options, [...optionNames, 'shape'])
    dtype = options.dtype
    if (options.device !== undefined) device = native.resolveDevice(options.device)
    if (options.requiresGrad !== undefined)
      requiresGrad = boolean('requiresGrad', options.requiresGrad)
    if (options.shape !== undefined) wantedShape = sizes('shape', [options.shape])
  }
  if (types.isTypedArray(data)) {
    const typed = readable(data as TensorArray)
    const own = arrayDTypes[data[Symbol.toStringTag]]
    if (!own)
      throw typeError(
        'data',
        'a typed array with a dtype',
        data,
        'copy it to an Int32Array or a Float64Array'
      )
    const shape = fitting(wantedShape ?? [typed.length], typed.length)
    return make(typed, typed.length, shape, dtype ?? own, device, requiresGrad)
  }
  if (Array.isArray(data) && data.length <= stage.length && wantedShape === undefined) {
    const made = fromShortArray(data as readonly unknown[], dtype, device, requiresGrad)
    if (made) return made
  }
  const flat: (Value | Complex)[] = []
  const shape = shapeOf(data)
  flatten(data, shape, 0, flat, 'data')
  const finalShape = wantedShape ? fitting(wantedShape, flat.length) : shape
  if (isComplex(flat)) {
    return fromComplex(flat, finalShape, dtype ?? 'complex64', device, requiresGrad)
  }
  const [array, inferred] = pack(flat)
  return make(array, flat.length, finalShape, dtype ?? inferred, device, requiresGrad)
}

/** The frequent case: one short array of plain numbers. undefined where it is something else. */
function fromShortArray(
  data: readonly unknown[],
  dtype: DType | undefined,
  device: string | null,
  requiresGrad: boolean
): Tensor | undefined {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (typeof value !== 'number') return undefined
    stage[i] = value
  }
  return make(stage, data.length, null, dtype ?? 'float32', device, requiresGrad)
}

function make(
  data: Readable,
  count: number,
  shape: readonly number[] | null,
  dtype: DType,
  device: string | null,
  requiresGrad: boolean
): Tensor {
  const code = dtypeCode(dtype)
  if (requiresGrad) requireFloat(dtype)
  return native.fromTypedArray(data, count, shape, code, device, requiresGrad)
}

/** A TypeError where autograd cannot follow tensors of `dtype`. */
export function requireFloat(dtype: DType): void {
  if (isDifferentiable(dtype)) return
  throw typeError(
    'requiresGrad',
    'false for a dtype that is no float',
    true,
    `got dtype '${dtype}'; use 'float32'`
  )
}

/** float16 has no typed array in Node-API: its values, each of which float32 holds exactly. */
function readable(data: TensorArray): Readable {
  const isHalf = data[Symbol.toStringTag] === 'Float16Array'
  return isHalf ? new Float32Array(data as HalfArray) : (data as Readable)
}

/** libtorch's own limit; it also catches arrays that hold themselves. */
const maxDims = 64

function shapeOf(data: unknown): number[] {
  const shape: number[] = []
  for (let level = data; Array.isArray(level); level = level[0]) {
    if (shape.push(level.length) > maxDims) {
      throw rangeError(
        'data',
        `at most ${maxDims} levels of nested arrays`,
        data,
        'is an array its own element?'
      )
    }
  }
  return shape
}

function flatten(
  data: unknown,
  shape: readonly number[],
  dim: number,
  flat: (Value | Complex)[],
  path: string
): void {
  if (dim < shape.length) {
    if (!Array.isArray(data)) throw ragged(path, `an array of length ${shape[dim]}`, data)
    if (data.length !== shape[dim]) throw ragged(path, `an array of length ${shape[dim]}`, data)
    for (let i = 0; i < data.length; i++) flatten(data[i], shape, dim + 1, flat, `${path}[${i}]`)
    return
  }
  if (Array.isArray(data)) throw ragged(path, 'a number', data)
  if (typeof data === 'number' || typeof data === 'bigint' || typeof data === 'boolean') {
    flat.push(data)
    return
  }
  const { re, im } = (typeof data === 'object' && data !== null ? data : {}) as Partial<Complex>
  if (typeof re !== 'number' || typeof im !== 'number')
    throw typeError(path, 'a number, a boolean, a BigInt or { re, im }', data)
  flat.push({ re, im })
}

/** Whether there is a complex number among plain values. */
function isComplex(flat: readonly (Value | Complex)[]): flat is (number | Complex)[] {
  if (!flat.some((value) => typeof value === 'object')) return false
  const other = flat.find((value) => typeof value !== 'object' && typeof value !== 'number')
  if (other !== undefined)
    throw typeError('data', 'numbers beside { re, im }', other, 'use Number(value)')
  return true
}

function fromComplex(
  flat: readonly (number | Complex)[],
  shape: readonly number[],
  dtype: DType,
  device: string | null,
  requiresGrad: boolean
): Tensor {
  dtypeCode(dtype)
  if (dtype !== 'complex64' && dtype !== 'complex128')
    throw typeError('dtype', "'complex64' or 'complex128' for { re, im }", dtype)
  const parts = Float64Array.from(
    flat.flatMap((value) => (typeof value === 'number' ? [value, 0] : [value.re, value.im]))
  )
  const half = dtype === 'complex64' ? 'float32' : 'float64'
  const pairs = make(parts, parts.length, [...shape, 2], half, device, false)
  viewAsComplex ??= native.operator('aten::view_as_complex', false)
  const made = viewAsComplex?.(pairs) as Tensor
  return requiresGrad ? made.requiresGrad_() : made
}

let viewAsComplex: ReturnType<typeof native.operator> | undefined

function ragged(path: string, expected: string, got: unknown): RangeError {
  return rangeError(path, expected, got, 'nested arrays must be rectangular')
}

/** Plain values as one typed array, with the dtype that they stand for. */
function pack(given: readonly (Value | Complex)[]): [Readable, DType] {
  const flat = given as readonly Value[]
  const bigints = flat.filter((value) => typeof value === 'bigint').length
  if (bigints > 0) {
    if (bigints < flat.length) {
      throw typeError(
        'data',
        'all numbers or all BigInts',
        flat.map(String).slice(0, 5),
        'use BigInt(n) or Number(n)'
      )
    }
    return [BigInt64Array.from(flat as bigint[], inInt64), 'int64']
  }
  const allBooleans = flat.length > 0 && flat.every((value) => typeof value === 'boolean')
  return [Float64Array.from(flat, Number), allBooleans ? 'bool' : 'float32']
}

function inInt64(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value)
    throw rangeError('data', 'a BigInt of at most 64 bits', value)
  return value
}

/** Sizes from `(2, 3)` or `([2, 3])`. */
export function sizes(name: string, given: readonly unknown[]): number[] {
  if (Array.isArray(given[0]) && given.length > 1) {
    throw typeError(name, 'sizes as one array or one by one', given[1], 'not both ways at once')
  }
  const list: readonly unknown[] = Array.isArray(given[0]) ? given[0] : given
  return list.map((size, i) => integer(`${name}[${i}]`, size))
}

function fitting(shape: number[], count: number): number[] {
  const wanted = shape.reduce((product, size) => product * size, 1)
  if (wanted !== count)
    throw rangeError(
      'shape',
      `sizes whose product is ${count}, the number of elements`,
      `[${shape}]`
    )
  return shape
}
