/**
 * Tensors in messages between threads: `postMessage` and `structuredClone` know no tensors, so a
 * message describes them. A shared tensor travels as the same memory, any other as a copy.
 * Source: https://pytorch.org/docs/stable/multiprocessing.html
 */
import { types } from 'node:util'

import { boolean, integer, typeError } from './check'
import { refuse } from './compile/tape'
import { bytesOf, overBytes } from './buffers'
import { type DType, dtypeCode, isDifferentiable } from './dtype'
import { native } from './native'
import { isParameter, markParameter } from './nn/parameter'
import { isPlain, setEntry } from './plain'
import { type Tensor, isTensor } from './tensor'

/** A tensor as plain data. It lies in `buffer` from `byteOffset` on. */
interface TensorRecord {
  buffer: ArrayBuffer | SharedArrayBuffer
  byteOffset: number
  shape: number[]
  /** In elements; null: row-major. */
  strides: number[] | null
  dtype: DType
  device: string
  requiresGrad: boolean
  isParameter: boolean
}

/** What `toMessage` makes: plain data for `postMessage`, `workerData` and `structuredClone`. */
export interface Message {
  /** For postMessage's transfer list: moves the copied memory instead of copying it once more. */
  readonly transfer: ArrayBuffer[]
  /** @internal What takes a tensor's place in `value` stands here too, so that nothing looks alike. */
  readonly records: object[]
  /** @internal */
  readonly value: unknown
}

/** Plain data that structured cloning keeps whole and in which no tensor can hide. */
function isOpaque(value: object): boolean {
  return (
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isBoxedPrimitive(value) ||
    types.isNativeError(value) ||
    types.isAnyArrayBuffer(value) ||
    ArrayBuffer.isView(value)
  )
}

/**
 * `value` with `replace(object)` in the place of every object that it gives something for, in new
 * arrays, plain objects, Maps and Sets. An object met twice, or inside itself, stays one.
 */
function rebuild(
  value: unknown,
  path: string,
  replace: (value: object, path: string) => unknown,
  seen = new Map<object, unknown>()
): unknown {
  if (typeof value === 'function') throw unsendable(path, value)
  if (typeof value !== 'object' || value === null) return value
  if (seen.has(value)) return seen.get(value)
  const replaced = replace(value, path)
  if (replaced !== undefined || isOpaque(value)) {
    seen.set(value, replaced ?? value)
    return replaced ?? value
  }
  const inside = (item: unknown, name: string) => rebuild(item, path + name, replace, seen)
  if (Array.isArray(value)) {
    const made: unknown[] = []
    seen.set(value, made)
    for (let i = 0; i < value.length; i++) made.push(inside(value[i], `[${i}]`))
    return made
  }
  if (types.isMap(value)) {
    const made = new Map()
    seen.set(value, made)
    for (const [key, item] of value) {
      made.set(inside(key, '.keys()'), inside(item, `.get(${String(key)})`))
    }
    return made
  }
  if (types.isSet(value)) {
    const made = new Set()
    seen.set(value, made)
    for (const item of value) made.add(inside(item, '.values()'))
    return made
  }
  if (!isPlain(value)) throw unsendable(path, value)
  const made: Record<string, unknown> = {}
  seen.set(value, made)
  for (const [key, item] of Object.entries(value)) setEntry(made, key, inside(item, `.${key}`))
  return made
}

function unsendable(path: string, value: unknown): TypeError {
  return typeError(
    path,
    'tensors and plain data, in arrays, plain objects, Maps and Sets',
    value,
    'send a module as its stateDict()'
  )
}

/**
 * `value` as plain data that `postMessage`, `workerData` and `structuredClone` take, for
 * `fromMessage` on the other side. Tensors may stand anywhere in arrays, plain objects, Maps and
 * Sets, as in a state dict; `requiresGrad` and being a parameter travel along, gradients do not.
 *
 * A tensor in shared memory (`shareMemory_()`, or over a SharedArrayBuffer) arrives as the same
 * memory, a view as the same view. Any other is copied now; pass `message.transfer` as the transfer
 * list, and it is not copied again.
 * @throws TypeError for functions and for instances of classes, such as modules, and for a tensor
 * that is the result of an operator which autograd follows: no graph can travel. Use `detach()`.
 */
export function toMessage(value: unknown): Message {
  const records: TensorRecord[] = []
  const transfer: ArrayBuffer[] = []
  const plain = rebuild(value, 'value', (item, path) => {
    if (!isTensor(item)) return undefined
    const record = recordOf(item, path)
    records.push(record)
    if (!types.isSharedArrayBuffer(record.buffer)) transfer.push(record.buffer as ArrayBuffer)
    return record
  })
  return { transfer, records, value: plain }
}

function recordOf(tensor: Tensor, path: string): TensorRecord {
  refuse('toMessage()', 'return the tensor from the step, and send it after that')
  const { shape, dtype, device, requiresGrad } = tensor
  dtypeCode(dtype)
  if (requiresGrad && !tensor.isLeaf)
    throw typeError(path, 'a leaf', tensor, 'use detach(): the graph behind a result cannot travel')
  const memory = native.borrowed(tensor)
  const placed = memory?.isShared
    ? { buffer: memory.buffer, byteOffset: memory.byteOffset, strides: memory.strides }
    : { buffer: native.toArrayBuffer(tensor), byteOffset: 0, strides: null }
  return { ...placed, shape, dtype, device, requiresGrad, isParameter: isParameter(tensor) }
}

/**
 * What was given to `toMessage` on the other side, with tensors of this thread. Those lie on the
 * message's own memory: nothing is copied, and a message read twice gives tensors that share it.
 * @throws TypeError, RangeError where `message` is none
 */
export function fromMessage<T = unknown>(message: unknown): T {
  const { records, value } = (message ?? {}) as Message
  if (!Array.isArray(records)) {
    throw typeError('message', 'what toMessage() made', message, 'send toMessage(value)')
  }
  const known = new Set<object>(records)
  return rebuild(value, 'message', (item, path) => {
    // A tensor of this thread, put into a message by hand.
    if (isTensor(item)) throw unsendable(path, item)
    return known.has(item) ? tensorOf(item as TensorRecord) : undefined
  }) as T
}

function tensorOf(record: TensorRecord): Tensor {
  const { shape, strides, dtype, device } = record
  const bytes = bytesOf(record.buffer)
  const requiresGrad = boolean('requiresGrad', record.requiresGrad)
  dtypeCode(dtype)
  if (requiresGrad && !isDifferentiable(dtype))
    throw typeError('requiresGrad', `false for ${dtype}`, true)
  const start = integer('byteOffset', record.byteOffset, 0, bytes.length)
  const there = overBytes(bytes.subarray(start), {
    shape: integers('shape', shape),
    strides: strides === null ? null : integers('strides', strides),
    dtype,
    requiresGrad: false
  })
  const made = device === 'cpu' ? there : there.to({ device })
  if (requiresGrad) made.requiresGrad_()
  return record.isParameter ? markParameter(made) : made
}

function integers(name: string, list: unknown): number[] {
  if (!Array.isArray(list)) throw typeError(name, 'an array of integers', list)
  return list.map((item, i) => integer(`${name}[${i}]`, item))
}
