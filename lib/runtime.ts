/**
 * Switches and facts of the whole process: seed, threads, version.
 */
import { integer, rangeError, typeError } from './check'
import { native } from './native'

/**
 * Seeds the default generators of the CPU and of every CUDA device. They belong to the process:
 * workers share them.
 * @param seed a whole number from -2^63 to 2^64 - 1
 * Source: https://pytorch.org/docs/stable/generated/torch.manual_seed.html
 */
export function manualSeed(seed: number | bigint): void {
  native.manualSeed(seedOf(seed))
}

/** A seed as libtorch keeps it: without a sign, in 64 bits. */
export function seedOf(seed: number | bigint): bigint {
  if (typeof seed !== 'number' && typeof seed !== 'bigint')
    throw typeError('seed', 'a whole number', seed)
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
    throw rangeError('seed', 'a whole number within 2^53', seed, 'use a BigInt for more')
  }
  const wide = BigInt(seed)
  if (wide < -(2n ** 63n) || wide >= 2n ** 64n)
    throw rangeError('seed', 'a whole number from -2^63 to 2^64 - 1', seed)
  return BigInt.asUintN(64, wide)
}

/**
 * Sets how many threads an operator may use, 1 to 1024. PyTorch's default: the number of cores.
 * More than the system grants would end the process when the first operator asks for them.
 */
export function setNumThreads(count: number): void {
  native.setNumThreads(integer('count', count, 1, 1024))
}

/** How many threads an operator may use. */
export function getNumThreads(): number {
  return native.getNumThreads()
}

/** The version of this package and of the libtorch that it runs on. */
export const version: { readonly nodeLibtorch: string; readonly libtorch: string } = {
  nodeLibtorch: (require('../package.json') as { version: string }).version,
  libtorch: native.buildInfo().libtorch
}
