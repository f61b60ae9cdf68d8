/**
 * Making tensors. Every factory takes `{ dtype, device, requiresGrad }`, dtype default `'float32'`.
 * Source: https://pytorch.org/docs/stable/torch.html#creation-ops
 */
import { types } from 'node:util'

import { boolean, finite, integer, options as checkOptions, rangeError, typeError } from './check'
import { type DType, dtypeCode } from './dtype'
import { native } from './native'
import { type Nested, type Tensor, tensorArgument } from './tensor'

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
  | Int16Array
  | Int32Array
  | BigInt64Array

type Value = number | bigint | boolean
const optionNames = ['dtype', 'device', 'requiresGrad']

const arrayDTypes: Record<string, DType> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  Int8Array: 'int8',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Int16Array: 'int16',
  Int32Array: 'int32',
  BigInt64Array: 'int64'
}

// Small data, the most frequent kind, is staged here instead of in a new array each time.
const stage = new Float64Array(256)

/**
 * A tensor with a copy of `data`: a number, boolean or BigInt (shape `[]`), nested arrays of them
 * (one level a dimension), or a typed array (shape `[length]`, or `options.shape`).
 * dtype: the option's, else the typed array's, else bool for booleans, int64 for BigInts, float32.
 * @throws RangeError for ragged arrays, for a shape that does not fit the data, for values that do
 * not fit the dtype; TypeError for anything that is no number, or numbers mixed with BigInts.
 * Source: https://pytorch.org/docs/stable/generated/torch.tensor.html
 */
export function tensor(
  data: Nested<Value> | TensorArray | readonly (readonly number[])[] | readonly number[],
  options?: TensorOptions & { shape?: number[] }
): Tensor {
  let dtype: DType | undefined
  let device: string | null = null
  let requiresGrad = false
  let wantedShape: number[] | undefined
  if (options !== undefined) {
    checkOptions('tensor', options, [...optionNames, 'shape'])
    dtype = options.dtype
    if (options.device !== undefined) device = native.resolveDevice(options.device)
    if (options.requiresGrad !== undefined) requiresGrad = boolean('requiresGrad', options.requiresGrad)
    if (options.shape !== undefined) wantedShape = sizes('shape', [options.shape])
  }
  if (types.isTypedArray(data)) {
    const typed = data as TensorArray
    const own = arrayDTypes[typed[Symbol.toStringTag]]
    if (!own) throw typeError('data', 'a typed array with a dtype', data, 'copy it to an Int32Array or a Float64Array')
    const shape = fitting(wantedShape ?? [typed.length], typed.length)
    return make(typed, typed.length, shape, dtype ?? own, device, requiresGrad)
  }
  if (Array.isArray(data) && data.length <= stage.length && wantedShape === undefined) {
    const made = fromShortArray(data as readonly unknown[], dtype, device, requiresGrad)
    if (made) return made
  }
  const flat: Value[] = []
  const shape = shapeOf(data)
  flatten(data, shape, 0, flat, 'data')
  const finalShape = wantedShape ? fitting(wantedShape, flat.length) : shape
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
  data: TensorArray,
  count: number,
  shape: readonly number[] | null,
  dtype: DType,
  device: string | null,
  requiresGrad: boolean
): Tensor {
  const code = dtypeCode(dtype)
  if (requiresGrad && !dtype.includes('float')) {
    throw typeError('requiresGrad', 'false for a dtype that is no float', true, `got dtype '${dtype}'; use 'float32'`)
  }
  return native.fromTypedArray(data, count, shape, code, device, requiresGrad)
}

function shapeOf(data: unknown): number[] {
  const shape: number[] = []
  for (let level = data; Array.isArray(level); level = level[0]) shape.push(level.length)
  return shape
}

function flatten(data: unknown, shape: readonly number[], dim: number, flat: Value[], path: string): void {
  if (dim < shape.length) {
    if (!Array.isArray(data)) throw ragged(path, `an array of length ${shape[dim]}`, data)
    if (data.length !== shape[dim]) throw ragged(path, `an array of length ${shape[dim]}`, data)
    for (let i = 0; i < data.length; i++) flatten(data[i], shape, dim + 1, flat, `${path}[${i}]`)
    return
  }
  if (Array.isArray(data)) throw ragged(path, 'a number', data)
  if (typeof data !== 'number' && typeof data !== 'bigint' && typeof data !== 'boolean') {
    throw typeError(path, 'a number, a boolean or a BigInt', data)
  }
  flat.push(data)
}

function ragged(path: string, expected: string, got: unknown): RangeError {
  return rangeError(path, expected, got, 'nested arrays must be rectangular')
}

/** Plain values as one typed array, with the dtype that they stand for. */
function pack(flat: readonly Value[]): [TensorArray, DType] {
  const bigints = flat.filter((value) => typeof value === 'bigint').length
  if (bigints > 0) {
    if (bigints < flat.length) {
      throw typeError('data', 'all numbers or all BigInts', flat.map(String).slice(0, 5), 'use BigInt(n) or Number(n)')
    }
    return [BigInt64Array.from(flat as bigint[], inInt64), 'int64']
  }
  const allBooleans = flat.length > 0 && flat.every((value) => typeof value === 'boolean')
  return [Float64Array.from(flat, Number), allBooleans ? 'bool' : 'float32']
}

function inInt64(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw rangeError('data', 'a BigInt of at most 64 bits', value)
  return value
}

/** Sizes from `(2, 3)` or `([2, 3])`. */
function sizes(name: string, given: readonly unknown[]): number[] {
  const list = Array.isArray(given[0]) ? given[0] : given
  return list.map((size, i) => integer(`${name}[${i}]`, size))
}

function fitting(shape: number[], count: number): number[] {
  const wanted = shape.reduce((product, size) => product * size, 1)
  if (wanted !== count) throw rangeError('shape', `sizes whose product is ${count}, the number of elements`, `[${shape}]`)
  return shape
}

type Operator = (...args: unknown[]) => Tensor

function factory(name: string): Operator {
  return native.operator(`aten::${name}`, false) as Operator
}

/** Calls a factory operator with its keyword arguments, then sets requiresGrad. */
function build(operator: Operator, args: unknown[], options: TensorOptions | undefined, byDefault?: DType): Tensor {
  const given = checkOptions<TensorOptions>('options', options, optionNames)
  const dtype = given.dtype ?? byDefault
  if (dtype !== undefined) dtypeCode(dtype)
  const device = given.device === undefined ? undefined : native.resolveDevice(given.device)
  const made = operator(...args, { dtype, device })
  return given.requiresGrad ? made.requiresGrad_(boolean('requiresGrad', given.requiresGrad)) : made
}

/** `(2, 3, options)` or `([2, 3], options)` -> sizes and options. */
function splitSizes(args: readonly unknown[]): [number[], TensorOptions | undefined] {
  const last = args[args.length - 1]
  const hasOptions = typeof last === 'object' && last !== null && !Array.isArray(last)
  const given = hasOptions ? args.slice(0, -1) : args
  return [sizes('size', given), hasOptions ? (last as TensorOptions) : undefined]
}

/** A factory called with sizes: `zeros(2, 3)`, `zeros([2, 3], { dtype: 'float64' })`. */
export interface SizedFactory {
  (size: readonly number[], options?: TensorOptions): Tensor
  (...sizesAndOptions: (number | TensorOptions)[]): Tensor
}

function sized(name: string): SizedFactory {
  const operator = factory(name)
  return (...args: unknown[]) => {
    const [size, options] = splitSizes(args)
    return build(operator, [size], options, 'float32')
  }
}

/** Filled with 0. */
export const zeros = sized('zeros')
/** Filled with 1. */
export const ones = sized('ones')
/** Uninitialised. */
export const empty = sized('empty')
/** Draws from U(0, 1). */
export const rand = sized('rand')
/** Draws from N(0, 1). */
export const randn = sized('randn')

const fullOperator = factory('full')
const arangeOperator = factory('arange')
const linspaceOperator = factory('linspace')
const eyeOperator = factory('eye')
const randintOperator = factory('randint')
const randpermOperator = factory('randperm')

/** Filled with `value`. */
export function full(size: readonly number[], value: number | boolean, options?: TensorOptions): Tensor {
  return build(fullOperator, [sizes('size', [size]), value], options, 'float32')
}

/** `start`, `start + step`, ... below `end`: shape `[ceil((end - start) / step)]`. */
export function arange(end: number, options?: TensorOptions): Tensor
export function arange(start: number, end: number, options?: TensorOptions): Tensor
export function arange(start: number, end: number, step: number, options?: TensorOptions): Tensor
export function arange(...args: (number | TensorOptions | undefined)[]): Tensor {
  const last = args[args.length - 1]
  const options = typeof last === 'object' ? last : undefined
  const numbers = args.filter((arg) => typeof arg !== 'object' && arg !== undefined)
  const [start, end, step] = numbers.length === 1 ? [0, numbers[0], 1] : [numbers[0], numbers[1], numbers[2] ?? 1]
  const bounds = [finite('start', start), finite('end', end), finite('step', step)] as const
  if (bounds[2] === 0 || (bounds[1] - bounds[0]) / bounds[2] < 0) {
    throw rangeError('step', 'a step that leads from start to end', step)
  }
  return build(arangeOperator, [...bounds], options, 'float32')
}

/** `steps` evenly spaced values from `start` to `end`, both included. */
export function linspace(start: number, end: number, steps: number, options?: TensorOptions): Tensor {
  const args = [finite('start', start), finite('end', end), integer('steps', steps)]
  return build(linspaceOperator, args, options, 'float32')
}

/** The identity matrix `[n, m]`, `m` default `n`. */
export function eye(n: number, m?: number | TensorOptions, options?: TensorOptions): Tensor {
  const columns = typeof m === 'number' ? integer('m', m) : n
  return build(eyeOperator, [integer('n', n), columns], typeof m === 'object' ? m : options, 'float32')
}

/** Whole numbers drawn evenly from `low` (default 0) up to, not including, `high`. dtype default int64. */
export function randint(high: number, size: readonly number[], options?: TensorOptions): Tensor
export function randint(low: number, high: number, size: readonly number[], options?: TensorOptions): Tensor
export function randint(...args: unknown[]): Tensor {
  const at = args.findIndex(Array.isArray)
  if (at < 1) throw typeError('size', 'an array of sizes', args[args.length - 1], 'call randint(low, high, [n, m])')
  const low = at === 2 ? finite('low', args[0]) : 0
  const high = finite('high', args[at - 1])
  if (high <= low) throw rangeError('high', `a number above low (${low})`, high)
  return build(randintOperator, [low, high, sizes('size', [args[at]])], args[at + 1] as TensorOptions, 'int64')
}

/** A random permutation of 0 to n - 1, int64. */
export function randperm(n: number, options?: TensorOptions): Tensor {
  return build(randpermOperator, [integer('n', n)], options, 'int64')
}

function like(name: string): (input: Tensor, options?: TensorOptions) => Tensor {
  const operator = factory(name)
  return (input, options) => build(operator, [tensorArgument('input', input)], options)
}

/** As `zeros`, with the shape, dtype and device of `input`. */
export const zerosLike = like('zeros_like')
export const onesLike = like('ones_like')
export const emptyLike = like('empty_like')
export const randLike = like('rand_like')
export const randnLike = like('randn_like')

const fullLikeOperator = factory('full_like')
/** As `full`, with the shape, dtype and device of `input`. */
export function fullLike(input: Tensor, value: number | boolean, options?: TensorOptions): Tensor {
  return build(fullLikeOperator, [tensorArgument('input', input), value], options)
}
