/**
 * Tensors as what they are in a file: a storage, and how a tensor lies on it.
 */
import { typeError } from '../check'
import { empty } from '../creation'
import { type DType, isDType, itemSize } from '../dtype'
import { type StorageView, native } from '../native'
import { operator } from '../operators/call'
import type { Tensor } from '../tensor'

const set = operator<(...args: unknown[]) => Tensor>('set_.source_Tensor_storage_offset')
const resolveConj = operator<(tensor: Tensor) => Tensor>('resolve_conj')
const resolveNeg = operator<(tensor: Tensor) => Tensor>('resolve_neg')

/** How a tensor lies on a storage; offset and strides in elements. */
export interface Placing {
  dtype: DType
  offset: number
  shape: readonly number[]
  strides: readonly number[]
}

/** A tensor on the storage of `bytes`; the caller has checked that it fits there. */
export function tensorOn(bytes: Tensor, { dtype, offset, shape, strides }: Placing): Tensor {
  // Not a view, so that each counts its changes by itself, as in Python.
  return set(empty([0], { dtype, device: bytes.device }), bytes, offset, shape, strides)
}

/** From the first byte to the end of the last element; Infinity where that is beyond counting. */
export function bytesNeeded({ dtype, offset, shape, strides }: Placing): number {
  if (shape.includes(0)) return 0
  if (!Number.isSafeInteger(shape.reduce((product, size) => product * size, 1))) return Infinity
  const last = shape.reduce((sum, size, i) => sum + (size - 1) * (strides[i] as number), offset)
  const bytes = (last + 1) * itemSize(dtype)
  return Number.isSafeInteger(bytes) ? bytes : Infinity
}

/** The strides of row-major elements, as libtorch counts them. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1)
  for (let i = shape.length - 1; i > 0; i--) {
    strides[i - 1] = (strides[i] as number) * Math.max(1, shape[i] as number)
  }
  return strides
}

/** A tensor to be saved, without lazy parts, and its storage. */
export interface Saved {
  tensor: Tensor
  dtype: DType
  storage: StorageView
}

/** @throws TypeError that names `path` for a tensor without plain memory */
export function savedTensor(path: string, given: Tensor): Saved {
  const { dtype } = given
  const tensor = resolveNeg(resolveConj(given))
  const storage = isDType(dtype) ? native.storageOf(tensor) : null
  if (storage === null) {
    throw typeError(
      path,
      'a dense tensor with values on the CPU or on CUDA',
      `${dtype} without`,
      'convert it first, for example with toDense() or dequantize()'
    )
  }
  return { tensor, dtype, storage }
}

const chunk = 4 * 2 ** 20

/** Calls `write` with the bytes of a storage from `start` on, part by part. */
export function eachPart(
  tensor: Tensor,
  start: number,
  length: number,
  write: (bytes: Uint8Array) => void
): void {
  using there = native.storagePart(tensor, start, length)
  using here = there.to('cpu')
  for (let done = 0; done < length; done += chunk) {
    using part = here.narrow(0, done, Math.min(chunk, length - done))
    write(native.toTypedArray(part) as Uint8Array)
  }
}
