/**
 * Making tensors. Every factory takes `{ dtype, device, requiresGrad }`, dtype default `'float32'`.
 * Source: https://pytorch.org/docs/stable/torch.html#creation-ops
 */
import { boolean, finite, integer, options as checkOptions, rangeError, typeError } from './check'
import { type TensorOptions, optionNames, sizes } from './data'
import { type DType, dtypeCode } from './dtype'
import { native } from './native'
import { type Tensor, tensorArgument } from './tensor'

type Operator = (...args: unknown[]) => Tensor

function factory(name: string): Operator {
  return native.operator(`aten::${name}`, false) as Operator
}

/** Calls a factory operator with its keyword arguments, then sets requiresGrad. */
function build(
  operator: Operator,
  args: unknown[],
  options: TensorOptions | undefined,
  byDefault?: DType
): Tensor {
  const given = checkOptions<TensorOptions>('options', options, optionNames)
  const dtype = given.dtype ?? byDefault
  if (dtype !== undefined) dtypeCode(dtype)
  const device = given.device === undefined ? undefined : native.resolveDevice(given.device)
  const requiresGrad =
    given.requiresGrad !== undefined && boolean('requiresGrad', given.requiresGrad)
  const made = operator(...args, { dtype, device })
  return requiresGrad ? made.requiresGrad_() : made
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
export function full(
  size: readonly number[],
  value: number | boolean,
  options?: TensorOptions
): Tensor {
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
  const [start, end, step] =
    numbers.length === 1 ? [0, numbers[0], 1] : [numbers[0], numbers[1], numbers[2] ?? 1]
  const bounds = [finite('start', start), finite('end', end), finite('step', step)] as const
  if (bounds[2] === 0 || (bounds[1] - bounds[0]) / bounds[2] < 0) {
    throw rangeError('step', 'a step that leads from start to end', step)
  }
  return build(arangeOperator, [...bounds], options, 'float32')
}

/** `steps` evenly spaced values from `start` to `end`, both included. */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options?: TensorOptions
): Tensor {
  const args = [finite('start', start), finite('end', end), integer('steps', steps)]
  return build(linspaceOperator, args, options, 'float32')
}

/** The identity matrix `[n, m]`, `m` default `n`. */
export function eye(n: number, m?: number | TensorOptions, options?: TensorOptions): Tensor {
  const columns = m === undefined || typeof m === 'object' ? n : integer('m', m)
  return build(
    eyeOperator,
    [integer('n', n), columns],
    typeof m === 'object' ? m : options,
    'float32'
  )
}

/** Whole numbers drawn evenly from `low` (default 0) up to, not including, `high`. dtype default int64. */
export function randint(high: number, size: readonly number[], options?: TensorOptions): Tensor
export function randint(
  low: number,
  high: number,
  size: readonly number[],
  options?: TensorOptions
): Tensor
export function randint(...args: unknown[]): Tensor {
  const at = args.findIndex(Array.isArray)
  if (at < 1)
    throw typeError(
      'size',
      'an array of sizes',
      args[args.length - 1],
      'call randint(low, high, [n, m])'
    )
  const low = at === 2 ? finite('low', args[0]) : 0
  const high = finite('high', args[at - 1])
  if (high <= low) throw rangeError('high', `a number above low (${low})`, high)
  return build(
    randintOperator,
    [low, high, sizes('size', [args[at]])],
    args[at + 1] as TensorOptions,
    'int64'
  )
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
