/**
 * Reading pickles without running them: a pickle is a program for a stack machine, and this one knows
 * data only. What would call a function or make an object of any other class is refused by its name.
 * Source: https://pytorch.org/docs/stable/notes/serialization.html#weights-only
 */
import { badFile } from './bad_file'
import { PickleBytes, longestName } from './pickle_bytes'
import {
  type Global,
  type Machine,
  isGlobal,
  lookUpGlobal,
  persistentStorage
} from './pickle_globals'
import { limits, opcodes as op, refusedOpcodes } from './pickle_format'
import { TensorRef, Tuple } from './pickle_values'

const opcodeNames = new Map<number, string>(
  Object.entries(op).map(([name, code]) => [code, name] as const)
)
for (const [code, name] of Object.entries(refusedOpcodes)) opcodeNames.set(Number(code), name)

/**
 * What the pickle in `bytes` describes: numbers, BigInts, strings, booleans and null as they are, lists
 * as arrays, dicts as Maps, bytes as Uint8Arrays, and the classes of pickle_values.ts.
 */
export function readPickle(file: string, bytes: Uint8Array): unknown {
  if (bytes.length > limits.length)
    throw badFile(file, `a pickle of ${bytes.length} bytes is beyond the limit of ${limits.length}`)
  return new PickleMachine(file, bytes).run()
}

class PickleMachine implements Machine {
  readonly #bytes: PickleBytes
  readonly #stack: unknown[] = []
  /** Heights of the stack. */
  readonly #marks: number[] = []
  readonly #memo = new Map<number, unknown>()
  #objects = 0
  #left: number

  constructor(file: string, bytes: Uint8Array) {
    this.#bytes = new PickleBytes(file, bytes)
    this.#left = 4 * bytes.length + 1024
  }

  refuse(reason: string): Error {
    return this.#bytes.refuse(reason)
  }

  spend(count: number): void {
    this.#left -= count
    if (this.#left < 0) throw this.refuse('it asks for more copies than its length allows')
  }

  run(): unknown {
    for (;;) {
      const code = this.#bytes.take(1)[0] as number
      if (code === op.STOP) break
      this.#step(code)
    }
    if (this.#stack.length !== 1 || this.#marks.length > 0)
      throw this.refuse('it ends with more or less than one value')
    if (!this.#bytes.isAtEnd) throw this.refuse('there are bytes after its end')
    return this.#stack[0]
  }

  #step(code: number): void {
    switch (code) {
      case op.PROTO:
        if (this.#bytes.uint8() > 5) throw this.refuse('a protocol beyond 5')
        return
      case op.FRAME:
        this.#bytes.take(8)
        return
      case op.MARK:
        if (this.#marks.push(this.#stack.length) > limits.stack) throw this.refuse('too many marks')
        return
      case op.POP:
        this.#pop()
        return
      case op.NONE:
        this.#push(null)
        return
      case op.NEWTRUE:
        this.#push(true)
        return
      case op.NEWFALSE:
        this.#push(false)
        return
      case op.BININT:
        this.#push(this.#bytes.int32())
        return
      case op.BININT1:
        this.#push(this.#bytes.uint8())
        return
      case op.BININT2:
        this.#push(this.#bytes.uint16())
        return
      case op.LONG1:
        this.#push(this.#bytes.long(this.#bytes.uint8()))
        return
      case op.LONG4:
        this.#push(this.#bytes.long(this.#bytes.uint32()))
        return
      case op.BINFLOAT:
        this.#push(this.#bytes.float64())
        return
      case op.SHORT_BINSTRING:
        this.#push(this.#bytes.ascii(this.#bytes.uint8()))
        return
      case op.BINUNICODE:
        this.#push(this.#bytes.text(this.#bytes.uint32()))
        return
      case op.SHORT_BINUNICODE:
        this.#push(this.#bytes.text(this.#bytes.uint8()))
        return
      case op.BINUNICODE8:
        this.#push(this.#bytes.text(this.#bytes.uint64()))
        return
      case op.BINBYTES:
        this.#push(this.#bytes.take(this.#bytes.uint32()).slice())
        return
      case op.SHORT_BINBYTES:
        this.#push(this.#bytes.take(this.#bytes.uint8()).slice())
        return
      case op.BINBYTES8:
        this.#push(this.#bytes.take(this.#bytes.uint64()).slice())
        return
      case op.BINGET:
        this.#push(this.#get(this.#bytes.uint8()))
        return
      case op.LONG_BINGET:
        this.#push(this.#get(this.#bytes.uint32()))
        return
      case op.BINPUT:
        this.#put(this.#bytes.uint8())
        return
      case op.LONG_BINPUT:
        this.#put(this.#bytes.uint32())
        return
      case op.MEMOIZE:
        this.#put(this.#memo.size)
        return
      case op.GLOBAL:
        this.#push(this.#global(this.#bytes.line(), this.#bytes.line()))
        return
      case op.STACK_GLOBAL: {
        const [name, module] = [this.#pop(), this.#pop()]
        this.#push(this.#global(module, name))
        return
      }
      case op.BINPERSID:
        this.#make(persistentStorage(this.#pop(), this))
        return
      case op.REDUCE:
        this.#reduce()
        return
      case op.BUILD:
        this.#build()
        return
      default:
        this.#collect(code)
        return
    }
  }

  /** Lists, tuples, dicts and sets. */
  #collect(code: number): void {
    switch (code) {
      case op.EMPTY_LIST:
        this.#make([])
        return
      case op.EMPTY_DICT:
        this.#make(new Map())
        return
      case op.EMPTY_SET:
        this.#make(new Set())
        return
      case op.FROZENSET:
        this.#make(new Set(this.#popToMark().map((item) => this.#key(item))))
        return
      case op.EMPTY_TUPLE:
        this.#make(new Tuple([]))
        return
      case op.TUPLE:
        this.#make(new Tuple(this.#popToMark()))
        return
      case op.TUPLE1:
      case op.TUPLE2:
      case op.TUPLE3: {
        const items = Array.from({ length: code - op.TUPLE1 + 1 }, () => this.#pop())
        this.#make(new Tuple(items.reverse()))
        return
      }
      case op.APPEND:
        this.#append([this.#pop()])
        return
      case op.APPENDS:
        this.#append(this.#popToMark())
        return
      case op.ADDITEMS: {
        const items = this.#popToMark()
        const set = this.#top()
        if (!(set instanceof Set)) throw this.refuse('items for something that is no set')
        for (const item of items) set.add(this.#key(item))
        return
      }
      case op.SETITEM: {
        const [value, key] = [this.#pop(), this.#pop()]
        this.#setItems([key, value])
        return
      }
      case op.SETITEMS:
        this.#setItems(this.#popToMark())
        return
      default: {
        const name = opcodeNames.get(code) ?? `0x${code.toString(16)}`
        throw this.refuse(`the opcode ${name} is refused: it is not needed for data`)
      }
    }
  }

  #append(items: readonly unknown[]): void {
    const list = this.#top()
    if (!Array.isArray(list)) throw this.refuse('items for something that is no list')
    for (const item of items) list.push(item)
  }

  #setItems(items: readonly unknown[]): void {
    const dict = this.#top()
    if (!(dict instanceof Map)) throw this.refuse('items for something that is no dict')
    if (items.length % 2 !== 0) throw this.refuse('a key without a value')
    for (let i = 0; i < items.length; i += 2) dict.set(this.#key(items[i]), items[i + 1])
  }

  /** A value that Python takes as a key of a dict. */
  #key(value: unknown): unknown {
    const isFine = typeof value !== 'object' || value === null || value instanceof Tuple
    if (isFine || value instanceof Uint8Array || value instanceof TensorRef) return value
    throw this.refuse('a list, dict or set as a key')
  }

  #reduce(): void {
    const args = this.#pop()
    const target = this.#pop()
    if (!isGlobal(target) || target.call === undefined)
      throw this.refuse(`a call of ${isGlobal(target) ? target.name : 'what is no function'}`)
    if (!(args instanceof Tuple)) throw this.refuse(`a call of ${target.name} without arguments`)
    this.#make(target.call(args.items, this))
  }

  /** Only what Python's state_dict() adds to its dict: `_metadata`, which nothing here needs. */
  #build(): void {
    const state = this.#pop()
    if (!(this.#top() instanceof Map) || !(state instanceof Map))
      throw this.refuse('a state (BUILD) for something that is no OrderedDict')
  }

  #global(module: unknown, name: unknown): Global | string {
    const isNamed = typeof module === 'string' && typeof name === 'string'
    if (!isNamed || module.length + name.length > longestName)
      throw this.refuse('it asks for something without a name')
    const found = lookUpGlobal(module, name)
    if (found !== undefined) return found
    throw this.refuse(
      `it asks for ${module}.${name}, which is refused: only tensors and plain data are read`
    )
  }

  #push(value: unknown): void {
    if (this.#stack.push(value) > limits.stack) throw this.refuse('too many values at once')
  }

  #make(value: unknown): void {
    if (++this.#objects > limits.objects) throw this.refuse(`more than ${limits.objects} objects`)
    this.#push(value)
  }

  #top(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.refuse('the stack is empty')
    return this.#stack.at(-1)
  }

  #pop(): unknown {
    this.#top()
    return this.#stack.pop()
  }

  #popToMark(): unknown[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw this.refuse('there is no mark')
    return this.#stack.splice(mark)
  }

  #get(index: number): unknown {
    if (!this.#memo.has(index)) throw this.refuse(`nothing was remembered as ${index}`)
    return this.#memo.get(index)
  }

  #put(index: number): void {
    this.#memo.set(index, this.#top())
    if (this.#memo.size > limits.objects) throw this.refuse('too much is remembered')
  }
}
