/**
 * Writing pickles that Python's `torch.load(weights_only=True)` reads, protocol 2.
 * Source: https://docs.python.org/3/library/pickle.html
 */
import { types } from 'node:util'

import { rangeError, typeError } from '../check'
import { type DType, itemSize } from '../dtype'
import { isParameter } from '../nn/parameter'
import { Module } from '../nn/module'
import { type Tensor, isTensor } from '../tensor'
import { limits, opcodes as op, storageClasses } from './pickle_format'
import { PickleOutput } from './pickle_output'
import { type Saved, savedTensor } from './storage'
import { isPlain, isWellFormed } from '../plain'

/** Deeper values would overflow Python's own stack, too. */
const deepest = 500
/** Items that one opcode appends, as Python's pickler does it: the reader's stack stays small. */
const batch = 1000
/** What makes a tensor: tuples, its storage, and so on. */
const objectsOfTensor = 12

/** A storage to be written beside the pickle. */
export interface SavedStorage {
  key: string
  dtype: DType
  bytes: number
  /** A tensor that lies on it. */
  tensor: Tensor
}

export interface Pickled {
  pickle: Uint8Array
  storages: SavedStorage[]
}

/** @throws TypeError that names the place of a value which Python would not read as data */
export function writePickle(value: unknown): Pickled {
  const writer = new PickleWriter()
  writer.value('value', value, 0)
  return writer.finish()
}

class PickleWriter {
  readonly #output = new PickleOutput()
  /** Objects and texts that were written, and globals: their numbers. */
  readonly #memo = new Map<unknown, number>()
  readonly #globals = new Map<string, number>()
  #objects = 0
  readonly #storages = new Map<number, SavedStorage>()

  constructor() {
    this.#output.put(op.PROTO, 2)
  }

  finish(): Pickled {
    this.#output.put(op.STOP)
    const { bytes } = this.#output
    if (bytes.length > limits.length || this.#objects > limits.objects) {
      const got = `${this.#objects} in ${bytes.length} bytes`
      const most = `at most ${limits.objects} objects in ${limits.length} bytes besides tensors`
      throw rangeError('value', most, got, 'keep long lists of numbers in tensors')
    }
    return { pickle: bytes, storages: [...this.#storages.values()] }
  }

  value(path: string, value: unknown, depth: number): void {
    if (depth > deepest)
      throw rangeError(path, `values nested at most ${deepest} deep`, value, 'is it inside itself?')
    if (value === null) this.#output.put(op.NONE)
    else if (typeof value === 'boolean') this.#output.put(value ? op.NEWTRUE : op.NEWFALSE)
    else if (typeof value === 'number') this.#output.number(value)
    else if (typeof value === 'bigint') this.#output.integer(path, value)
    else if (typeof value === 'string') this.#text(path, value)
    else if (typeof value !== 'object') throw unsavable(path, value)
    else if (!this.#remembered(value)) this.#object(path, value, depth)
  }

  #object(path: string, value: object, depth: number): void {
    this.#objects++
    if (isTensor(value)) {
      this.#tensor(path, value)
      this.#remember(value)
    } else if (Array.isArray(value)) {
      this.#output.put(op.EMPTY_LIST)
      this.#remember(value)
      for (let i = 0; i < value.length; i++) {
        if (i % batch === 0) this.#output.put(...(i === 0 ? [] : [op.APPENDS]), op.MARK)
        this.value(`${path}[${i}]`, value[i], depth + 1)
      }
      if (value.length > 0) this.#output.put(op.APPENDS)
    } else if (types.isMap(value)) {
      this.#output.put(op.EMPTY_DICT)
      this.#remember(value)
      this.#items(path, [...value], depth)
    } else if (isPlain(value)) {
      this.#plain(path, value, depth)
    } else {
      throw unsavable(path, value)
    }
  }

  #plain(path: string, value: Record<string, unknown>, depth: number): void {
    const pairs = Object.entries(value)
    // As Python's state_dict() gives it.
    if (pairs.length > 0 && pairs.every(([, item]) => isTensor(item))) this.#orderedDict()
    else this.#output.put(op.EMPTY_DICT)
    this.#remember(value)
    if (!isOptimizerState(value)) {
      this.#items(path, pairs, depth)
      return
    }
    const state = Object.entries(value['state']).map(
      ([key, item]) => [/^(0|[1-9][0-9]{0,14})$/.test(key) ? Number(key) : key, item] as const
    )
    this.#items(path, [...Object.entries({ ...value, state: new Map(state) })], depth)
  }

  #items(path: string, pairs: readonly (readonly [unknown, unknown])[], depth: number): void {
    for (const [i, [key, item]] of pairs.entries()) {
      if (i % batch === 0) this.#output.put(...(i === 0 ? [] : [op.SETITEMS]), op.MARK)
      if (typeof key === 'object' && key !== null)
        throw typeError(path, 'keys that are strings, numbers, booleans or null', key)
      const name = `${path}${typeof key === 'string' && /^\w+$/.test(key) ? `.${key}` : `['${String(key)}']`}`
      this.value(name, key, depth + 1)
      this.value(name, item, depth + 1)
    }
    if (pairs.length > 0) this.#output.put(op.SETITEMS)
  }

  #text(path: string, value: string): void {
    if (this.#remembered(value)) return
    if (!isWellFormed(value)) throw typeError(path, 'a string without halves of characters', value)
    const text = Buffer.from(value)
    const head = Buffer.alloc(5)
    head[0] = op.BINUNICODE
    head.writeUInt32LE(text.length, 1)
    this.#output.append(head)
    this.#output.append(text)
    this.#remember(value)
  }

  #tensor(path: string, given: Tensor): void {
    this.#objects += objectsOfTensor
    const isOne = isParameter(given)
    const { requiresGrad } = given
    if (isOne) this.#global('torch._utils', '_rebuild_parameter')
    this.#global('torch._utils', '_rebuild_tensor_v2')
    this.#output.put(op.MARK)
    const saved = savedTensor(path, given)
    this.#storage(path, saved)
    this.#output.number(saved.storage.offset)
    this.#tuple(given.shape)
    this.#tuple(saved.storage.strides)
    this.#output.put(requiresGrad && !isOne ? op.NEWTRUE : op.NEWFALSE)
    this.#orderedDict()
    this.#output.put(op.TUPLE, op.REDUCE)
    if (!isOne) return
    this.#output.put(requiresGrad ? op.NEWTRUE : op.NEWFALSE)
    this.#orderedDict()
    this.#output.put(op.TUPLE3, op.REDUCE)
  }

  #storage(path: string, { tensor, dtype, storage }: Saved): void {
    let saved = this.#storages.get(storage.id)
    if (saved === undefined) {
      saved = { key: String(this.#storages.size), dtype, bytes: storage.bytes, tensor }
      this.#storages.set(storage.id, saved)
    }
    if (saved.dtype !== dtype) {
      throw typeError(
        path,
        `${saved.dtype}, as another tensor on the same memory is`,
        dtype,
        'clone() one of them'
      )
    }
    this.#output.put(op.MARK)
    this.#text(path, 'storage')
    this.#global('torch', storageClasses[dtype])
    this.#text(path, saved.key)
    this.#text(path, tensor.device)
    this.#output.number(Math.floor(storage.bytes / itemSize(dtype)))
    this.#output.put(op.TUPLE, op.BINPERSID)
  }

  #tuple(sizes: readonly number[]): void {
    this.#output.put(op.MARK)
    for (const size of sizes) this.#output.number(size)
    this.#output.put(op.TUPLE)
  }

  #orderedDict(): void {
    this.#global('collections', 'OrderedDict')
    this.#output.put(op.EMPTY_TUPLE, op.REDUCE)
  }

  #global(module: string, name: string): void {
    const line = `${module}\n${name}\n`
    if (this.#remembered(line, this.#globals)) return
    this.#output.put(op.GLOBAL)
    this.#output.append(Buffer.from(line))
    this.#remember(line, this.#globals)
  }

  #remember(value: unknown, memo: Map<unknown, number> = this.#memo): void {
    const index = this.#memo.size + this.#globals.size
    memo.set(value, index)
    this.#output.indexed(op.BINPUT, op.LONG_BINPUT, index)
  }

  /** Whether `value` was written before; it is fetched then. */
  #remembered(value: unknown, memo: Map<unknown, number> = this.#memo): boolean {
    const index = memo.get(value)
    if (index === undefined) return false
    this.#output.indexed(op.BINGET, op.LONG_BINGET, index)
    return true
  }
}

/** `{ state, param_groups }`: Python keys the state by numbers, which JavaScript's objects cannot. */
function isOptimizerState(
  value: Record<string, unknown>
): value is { state: Record<string, unknown>; param_groups: unknown[] } {
  const state = value['state']
  const isObject = typeof state === 'object' && state !== null && !isTensor(state)
  return isObject && isPlain(state) && Array.isArray(value['param_groups'])
}

function unsavable(path: string, value: unknown): TypeError {
  const isObject = typeof value === 'object' || typeof value === 'function'
  return typeError(
    path,
    'tensors, numbers, BigInts, strings, booleans and null, in arrays, plain objects and Maps',
    value,
    value instanceof Module || (isObject && value !== null && 'stateDict' in value)
      ? 'save its stateDict()'
      : value === undefined
        ? 'use null, or leave it out'
        : 'make it one of these'
  )
}
