/**
 * Making tensors. Every factory takes `{ dtype, device, requiresGrad }`, dtype default `'float32'`.
 * Source: https://pytorch.org/docs/stable/torch.html#creation-ops
 */
import { finite, integer, rangeError } from './check'
import { type TensorOptions, sizes } from './data'
import { build, factory, sized } from './factory'
import { type Tensor, tensorArgument } from './tensor'

export type { SizedFactory } from './factory'

/** Filled with 0. */
export const zeros = sized('zeros')
/** Filled with 1. */
export const ones = sized('ones')
/** Uninitialised. */
export const empty = sized('empty')

const fullOperator = factory('full')
const arangeOperator = factory('arange')
const linspaceOperator = factory('linspace')
const eyeOperator = factory('eye')

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
