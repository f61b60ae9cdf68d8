/**
 * Switches and facts of the whole process: seed, threads, version.
 */
import { integer, rangeError, typeError } from './check'
import { refuse } from './compile/tape'
import { native } from './native'
import { ownDefaultThreads } from './threads'

/**
 * Seeds the default generators of the CPU and of every CUDA device. They belong to the process:
 * workers share them.
 * @param seed a whole number from -2^63 to 2^64 - 1
 * Source: https://pytorch.org/docs/stable/generated/torch.manual_seed.html
 */
export function manualSeed(seed: number | bigint): void {
  refuse('manualSeed()', 'call it before the step')
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
 * Sets how many threads an operator may use, 1 to 1024. Default: PyTorch's, the number of cores, but
 * no more than the process may use (docs/threads.md).
 * More than the system grants would end the process when the first operator asks for them.
 */
export function setNumThreads(count: number): void {
  native.setNumThreads(integer('count', count, 1, 1024))
}

/** How many threads an operator may use. */
export function getNumThreads(): number {
  return native.getNumThreads()
}

/**
 * Sets how many operators may run beside each other where libtorch's own code asks for that, 1 to
 * 1024. Once a process, before any such work.
 * @throws Error `ERR_TORCH_THREADS` where it is too late
 * Source: https://pytorch.org/docs/stable/generated/torch.set_num_interop_threads.html
 */
export function setNumInteropThreads(count: number): void {
  native.setNumInteropThreads(integer('count', count, 1, 1024))
}

/** How many operators may run beside each other. */
export function getNumInteropThreads(): number {
  return native.getNumInteropThreads()
}

// Once a process: a worker must not undo what the user has set since.
if (native.isFirstLoad()) {
  const threads = ownDefaultThreads(native.getNumThreads())
  if (threads !== null) native.setNumThreads(threads)
}

/** The version of this package and of the libtorch that it runs on. */
export const version: { readonly nodeLibtorch: string; readonly libtorch: string } = {
  nodeLibtorch: (require('../package.json') as { version: string }).version,
  libtorch: native.buildInfo().libtorch
}
