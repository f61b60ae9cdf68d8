/**
 * Writing pickles that Python's `torch.load(weights_only=True)` reads, protocol 2.
 * Source: https://docs.python.org/3/library/pickle.html
 */
import { rangeError, typeError } from '../check'
import { type DType, itemSize } from '../dtype'
import { isParameter } from '../nn/parameter'
import { Module } from '../nn/module'
import { type Tensor, isTensor } from '../tensor'
import { opcodes as op, storageClasses } from './pickle_opcodes'
import { type Saved, savedTensor } from './storage'
import { isPlain, isWellFormed } from '../plain'

/** Deeper values would overflow Python's own stack, too. */
const deepest = 500
/** What the opcode LONG1 can hold. */
const longestInteger = 255

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
  #bytes = Buffer.alloc(1024)
  #length = 0
  /** Objects, texts and globals that were written, by their numbers. */
  readonly #memo = new Map<unknown, number>()
  readonly #storages = new Map<number, SavedStorage>()

  constructor() {
    this.#put(op.PROTO, 2)
  }

  finish(): Pickled {
    this.#put(op.STOP)
    return {
      pickle: this.#bytes.subarray(0, this.#length),
      storages: [...this.#storages.values()]
    }
  }

  value(path: string, value: unknown, depth: number): void {
    if (depth > deepest)
      throw rangeError(path, `values nested at most ${deepest} deep`, value, 'is it inside itself?')
    if (value === null) this.#put(op.NONE)
    else if (typeof value === 'boolean') this.#put(value ? op.NEWTRUE : op.NEWFALSE)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'bigint') this.#integer(path, value)
    else if (typeof value === 'string') this.#text(path, value)
    else if (typeof value !== 'object') throw unsavable(path, value)
    else if (!this.#remembered(value)) this.#object(path, value, depth)
  }

  #object(path: string, value: object, depth: number): void {
    if (isTensor(value)) {
      this.#tensor(path, value)
      this.#remember(value)
    } else if (Array.isArray(value)) {
      this.#put(op.EMPTY_LIST)
      this.#remember(value)
      if (value.length === 0) return
      this.#put(op.MARK)
      for (let i = 0; i < value.length; i++) this.value(`${path}[${i}]`, value[i], depth + 1)
      this.#put(op.APPENDS)
    } else if (value instanceof Map) {
      this.#put(op.EMPTY_DICT)
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
    else this.#put(op.EMPTY_DICT)
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
    if (pairs.length === 0) return
    this.#put(op.MARK)
    for (const [key, item] of pairs) {
      if (typeof key === 'object' && key !== null)
        throw typeError(path, 'keys that are strings, numbers, booleans or null', key)
      const name = `${path}${typeof key === 'string' && /^\w+$/.test(key) ? `.${key}` : `['${String(key)}']`}`
      this.value(name, key, depth + 1)
      this.value(name, item, depth + 1)
    }
    this.#put(op.SETITEMS)
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.#integer('', BigInt(value))
      return
    }
    const bytes = Buffer.alloc(9)
    bytes[0] = op.BINFLOAT
    bytes.writeDoubleBE(value, 1)
    this.#append(bytes)
  }

  #integer(path: string, value: bigint): void {
    if (value >= 0 && value < 256) {
      this.#put(op.BININT1, Number(value))
      return
    }
    if (BigInt.asIntN(32, value) === value) {
      const bytes = Buffer.alloc(5)
      bytes[0] = op.BININT
      bytes.writeInt32LE(Number(value), 1)
      this.#append(bytes)
      return
    }
    // One bit more than its digits need, for the sign.
    const digits = (value < 0 ? -value : value).toString(16)
    const length = Math.floor(digits.length / 2) + 1
    if (length > longestInteger)
      throw rangeError(path, `a BigInt of at most ${longestInteger} bytes`, `one of ${length}`)
    const bytes = Buffer.from(
      BigInt.asUintN(8 * length, value)
        .toString(16)
        .padStart(2 * length, '0'),
      'hex'
    )
    this.#put(op.LONG1, length)
    this.#append(bytes.reverse())
  }

  #text(path: string, value: string): void {
    if (this.#remembered(value)) return
    if (!isWellFormed(value)) throw typeError(path, 'a string without halves of characters', value)
    const text = Buffer.from(value)
    const head = Buffer.alloc(5)
    head[0] = op.BINUNICODE
    head.writeUInt32LE(text.length, 1)
    this.#append(head)
    this.#append(text)
    this.#remember(value)
  }

  #tensor(path: string, given: Tensor): void {
    const isOne = isParameter(given)
    const { requiresGrad } = given
    if (isOne) this.#global('torch._utils', '_rebuild_parameter')
    this.#global('torch._utils', '_rebuild_tensor_v2')
    this.#put(op.MARK)
    const saved = savedTensor(path, given)
    this.#storage(path, saved)
    this.#number(saved.storage.offset)
    this.#tuple(given.shape)
    this.#tuple(saved.storage.strides)
    this.#put(requiresGrad && !isOne ? op.NEWTRUE : op.NEWFALSE)
    this.#orderedDict()
    this.#put(op.TUPLE, op.REDUCE)
    if (!isOne) return
    this.#put(requiresGrad ? op.NEWTRUE : op.NEWFALSE)
    this.#orderedDict()
    this.#put(op.TUPLE3, op.REDUCE)
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
    this.#put(op.MARK)
    this.#text(path, 'storage')
    this.#global('torch', storageClasses[dtype])
    this.#text(path, saved.key)
    this.#text(path, tensor.device)
    this.#number(Math.floor(storage.bytes / itemSize(dtype)))
    this.#put(op.TUPLE, op.BINPERSID)
  }

  #tuple(sizes: readonly number[]): void {
    this.#put(op.MARK)
    for (const size of sizes) this.#number(size)
    this.#put(op.TUPLE)
  }

  #orderedDict(): void {
    this.#global('collections', 'OrderedDict')
    this.#put(op.EMPTY_TUPLE, op.REDUCE)
  }

  #global(module: string, name: string): void {
    const line = `${module}\n${name}\n`
    // No text that is saved begins so: it is remembered with its opcode.
    const text = `\0c${line}`
    if (this.#remembered(text)) return
    this.#put(op.GLOBAL)
    this.#append(Buffer.from(line))
    this.#remember(text)
  }

  #remember(value: unknown): void {
    const index = this.#memo.size
    this.#memo.set(value, index)
    this.#indexed(op.BINPUT, op.LONG_BINPUT, index)
  }

  /** Whether `value` was written before; it is fetched then. */
  #remembered(value: unknown): boolean {
    const index = this.#memo.get(value)
    if (index === undefined) return false
    this.#indexed(op.BINGET, op.LONG_BINGET, index)
    return true
  }

  #indexed(short: number, long: number, index: number): void {
    if (index < 256) {
      this.#put(short, index)
      return
    }
    const bytes = Buffer.alloc(5)
    bytes[0] = long
    bytes.writeUInt32LE(index, 1)
    this.#append(bytes)
  }

  #put(...bytes: number[]): void {
    this.#append(Uint8Array.from(bytes))
  }

  #append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const larger = Buffer.alloc(2 * (this.#length + bytes.length))
      this.#bytes.copy(larger)
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
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
