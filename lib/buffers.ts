/**
 * Tensors over JavaScript's own memory, without a copy. A buffer that went away under its tensor
 * would end the process: what can be detached or shrunk is held in place or refused.
 */
import { types } from 'node:util'
import * as threads from 'node:worker_threads'

import { boolean, integer, options as checkOptions, rangeError, typeError } from './check'
import { refuse } from './compile/tape'
import { arrayDTypes, requireFloat, sizes } from './data'
import { type DType, dtypeCode, itemSize } from './dtype'
import { native } from './native'
import type { Tensor } from './tensor'

export interface BufferOptions {
  /** Element type. Default: the typed array's; `'float32'` for a bare buffer or a DataView. */
  dtype?: DType
  /** Sizes, row-major. Default: one dimension, up to the end of the buffer. */
  shape?: number[]
  /** Bytes to skip at the start of what is given. Default 0. */
  byteOffset?: number
  /** Whether autograd follows the tensor. Default false. */
  requiresGrad?: boolean
}

const names = ['dtype', 'shape', 'byteOffset', 'requiresGrad']

/**
 * A tensor over the memory of `buffer`: nothing is copied, writes on one side are seen on the other.
 * The tensor keeps the buffer alive. An ArrayBuffer must stay in its place from then on: it can no
 * longer be transferred. The memory must hold at least `shape`; the rest is not looked at.
 * @param buffer an ArrayBuffer, SharedArrayBuffer, typed array, DataView or Node Buffer (uint8)
 * @throws TypeError for a resizable, detached or WebAssembly.Memory's ArrayBuffer, and where a typed
 * array has no dtype of its own (Uint16Array, ...) and none is given; RangeError where the elements
 * do not fit into the buffer or do not lie at multiples of their size.
 * Source: https://pytorch.org/docs/stable/generated/torch.frombuffer.html
 */
export function fromBuffer(
  buffer: ArrayBufferLike | ArrayBufferView,
  options?: BufferOptions
): Tensor {
  const given = checkOptions<BufferOptions>('fromBuffer', options, names)
  const whole = bytesOf(buffer)
  const dtype = given.dtype ?? dtypeOf(buffer)
  const size = itemSize(dtype)
  const skipped = given.byteOffset === undefined ? 0 : integer('byteOffset', given.byteOffset)
  if (skipped > whole.length)
    throw rangeError('byteOffset', `at most the buffer's ${whole.length} bytes`, skipped)
  if ((whole.byteOffset + skipped) % size !== 0) {
    throw rangeError(
      'byteOffset',
      `a multiple of ${size}, the size of ${dtype}, counted from the start of the ArrayBuffer`,
      whole.byteOffset + skipped,
      'copy the bytes first, as Uint8Array.from(bytes) does'
    )
  }
  const left = whole.length - skipped
  if (given.shape === undefined && left % size !== 0) {
    throw rangeError(
      'buffer',
      `a multiple of ${size} bytes, the size of ${dtype}`,
      left,
      'give a shape'
    )
  }
  const shape = given.shape === undefined ? [left / size] : sizes('shape', [given.shape])
  const requiresGrad =
    given.requiresGrad !== undefined && boolean('requiresGrad', given.requiresGrad)
  if (requiresGrad) requireFloat(dtype)
  return overBytes(whole.subarray(skipped), { shape, strides: null, dtype, requiresGrad })
}

/** How elements lie in a buffer, from its first byte on. */
export interface Placing {
  shape: readonly number[]
  /** In elements, one a dimension; null: row-major. */
  strides: readonly number[] | null
  dtype: DType
  requiresGrad: boolean
}

/** A tensor over `bytes`, whose buffer is held in its place. */
export function overBytes(bytes: Uint8Array, placing: Placing): Tensor {
  refuse('fromBuffer()', 'pass the tensor as an argument of the step, or make it before')
  const { shape, strides, dtype, requiresGrad } = placing
  const buffer = bytes.buffer
  const isShared = types.isSharedArrayBuffer(buffer)
  if (!isShared) holdInPlace(buffer as ArrayBuffer)
  return native.fromBuffer(bytes, shape, strides, dtypeCode(dtype), isShared, requiresGrad)
}

/** All bytes of what was given; made by the engine, so no subclass can lie about it. */
export function bytesOf(buffer: unknown): Uint8Array {
  try {
    if (types.isAnyArrayBuffer(buffer)) return new Uint8Array(buffer)
    if (ArrayBuffer.isView(buffer)) {
      return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    }
  } catch {
    throw typeError('buffer', 'memory that is there', buffer, 'this one was transferred away')
  }
  throw typeError(
    'buffer',
    'an ArrayBuffer, a SharedArrayBuffer, a typed array or a DataView',
    buffer,
    'use tensor(data) for arrays of numbers'
  )
}

function dtypeOf(buffer: unknown): DType {
  if (!types.isTypedArray(buffer)) return 'float32'
  const kind: string = buffer[Symbol.toStringTag]
  const own = kind === 'Float16Array' ? 'float16' : arrayDTypes[kind]
  if (own) return own
  const remedy = "pass { dtype }, for example 'float16' for its bits in a Uint16Array"
  throw typeError('buffer', 'a typed array with a dtype', buffer, remedy)
}

const held = new WeakSet<ArrayBuffer>()
const isResizable = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable')?.get
// Node 21 and later.
const { isMarkedAsUntransferable } = threads as {
  isMarkedAsUntransferable?: (value: object) => boolean
}

function holdInPlace(buffer: ArrayBuffer): void {
  if (held.has(buffer)) return
  const refuse = (expected: string) =>
    typeError('buffer', expected, buffer, 'copy it, or use a SharedArrayBuffer')
  if (isResizable?.call(buffer)) throw refuse('an ArrayBuffer of fixed length')
  if (isOfWebAssembly(buffer)) {
    throw refuse('memory that stays in its place, no WebAssembly.Memory: that moves when it grows')
  }
  if (!Object.isExtensible(buffer)) throw refuse('an ArrayBuffer that is not frozen')
  threads.markAsUntransferable(buffer)
  // Before Node 24 the mark does not keep these from taking the memory away.
  for (const name of ['transfer', 'transferToFixedLength', 'transferToImmutable']) {
    if (!(name in buffer)) continue
    const value = () => {
      throw new TypeError(
        `${name}: expected an ArrayBuffer that no tensor lies on, got one given to fromBuffer(); ` +
          'use slice() for a copy'
      )
    }
    Object.defineProperty(buffer, name, { value })
  }
  held.add(buffer)
}

const webAssemblyPage = 65536

/**
 * Whether a WebAssembly.Memory owns `buffer`. The engine tells by refusing to transfer it; a transfer
 * list with a duplicate is refused for that, after each entry was looked at and before any is moved.
 */
function isOfWebAssembly(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength % webAssemblyPage !== 0) return false
  try {
    structuredClone(null, { transfer: [buffer, buffer] })
  } catch (error) {
    if (/duplicate/.test((error as Error).message)) return false
  }
  // Not transferable: else it was marked so, as Node marks the pool of its Buffers.
  if (isMarkedAsUntransferable) return !isMarkedAsUntransferable(buffer)
  return true // Node 20 cannot tell the two apart: rather one too many
}
