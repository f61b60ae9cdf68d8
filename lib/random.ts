/**
 * Tensors of random numbers, with the draws of Python's torch for the same seed. Beside `{ dtype,
 * device, requiresGrad }` they take a `generator` of their own.
 * Source: https://pytorch.org/docs/stable/torch.html#random-sampling
 */
import { finite, integer, rangeError, typeError } from './check'
import { optionNames, sizes } from './data'
import { type RandomOptions, build, factory, sized } from './factory'
import type { Tensor } from './tensor'

export type { RandomOptions } from './factory'

const names = [...optionNames, 'generator']
const randintOperator = factory('randint')
const randpermOperator = factory('randperm')

/** Draws from U(0, 1). */
export const rand = sized<RandomOptions>('rand', names)
/** Draws from N(0, 1). */
export const randn = sized<RandomOptions>('randn', names)

/** Whole numbers drawn evenly from `low` (default 0) up to, not including, `high`. dtype default int64. */
export function randint(high: number, size: readonly number[], options?: RandomOptions): Tensor
export function randint(
  low: number,
  high: number,
  size: readonly number[],
  options?: RandomOptions
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
    args[at + 1] as RandomOptions,
    'int64',
    names
  )
}

/** A random permutation of 0 to n - 1, int64. */
export function randperm(n: number, options?: RandomOptions): Tensor {
  return build(randpermOperator, [integer('n', n)], options, 'int64', names)
}
