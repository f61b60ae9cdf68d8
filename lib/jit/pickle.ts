/**
 * Whether a pickle inside a TorchScript file can be run: libtorch's reader takes values from a stack
 * and a memo without looking whether they are there. Nothing is made of it here.
 * Source: https://docs.python.org/3/library/pickletools.html
 */

/** Bytes of its argument, values that it takes, values that it leaves. */
type Effect = readonly [size: number, takes: number, leaves: number]

const effects: Record<number, Effect> = {
  128: [1, 0, 0], // PROTO
  41: [0, 0, 1], // EMPTY_TUPLE
  133: [0, 1, 1], // TUPLE1
  134: [0, 2, 1], // TUPLE2
  135: [0, 3, 1], // TUPLE3
  93: [0, 0, 1], // EMPTY_LIST
  97: [0, 2, 1], // APPEND
  125: [0, 0, 1], // EMPTY_DICT
  115: [0, 3, 1], // SETITEM
  78: [0, 0, 1], // NONE
  136: [0, 0, 1], // NEWTRUE
  137: [0, 0, 1], // NEWFALSE
  75: [1, 0, 1], // BININT1
  77: [2, 0, 1], // BININT2
  74: [4, 0, 1], // BININT
  71: [8, 0, 1], // BINFLOAT
  82: [0, 2, 1], // REDUCE
  98: [0, 2, 1], // BUILD
  129: [0, 2, 1], // NEWOBJ
  81: [0, 1, 1], // BINPERSID
  48: [0, 1, 0] // POP
}

/** Takes what lies above the last mark, and so many values below it. */
const collecting: Record<number, Effect> = {
  116: [0, 0, 1], // TUPLE
  108: [0, 0, 1], // LIST
  100: [0, 0, 1], // DICT
  101: [0, 1, 1], // APPENDS
  117: [0, 1, 1] // SETITEMS
}

/** Those whose argument begins with its own length, and the bytes of that. */
const texts: Record<number, number> = {
  88: 4, // BINUNICODE
  140: 1, // SHORT_BINUNICODE
  84: 4, // BINSTRING
  85: 1, // SHORT_BINSTRING
  138: 1 // LONG1
}

const puts: Record<number, number> = { 113: 1, 114: 4 } // BINPUT, LONG_BINPUT
const gets: Record<number, number> = { 104: 1, 106: 4 } // BINGET, LONG_BINGET
const [mark, stop, global] = [0x28, 0x2e, 0x63]
const newline = 0x0a

class Walk {
  #at = 0
  /** Values above each mark that is open, the first above none. */
  readonly #counts = [0]
  #memo = 0

  constructor(readonly bytes: Buffer) {}

  #skip(count: number): void {
    this.#at += count
    if (this.#at > this.bytes.length) throw new Error('it ends early')
  }

  #number(size: number): number {
    const start = this.#at
    this.#skip(size)
    return this.bytes.readUIntLE(start, size)
  }

  #change([size, takes, leaves]: Effect): void {
    this.#skip(size)
    const top = this.#counts.length - 1
    const count = this.#counts[top] as number
    if (count < takes) throw new Error('it takes values that are not there')
    this.#counts[top] = count - takes + leaves
  }

  #line(): void {
    const end = this.bytes.indexOf(newline, this.#at)
    if (end === -1) throw new Error('it ends early')
    this.#at = end + 1
  }

  /** One operation; false at the last one. */
  #step(): boolean {
    const operation = this.#number(1)
    const effect = effects[operation]
    if (effect) this.#change(effect)
    else if (operation === mark) this.#counts.push(0)
    else if (operation in collecting) {
      if (this.#counts.length === 1) throw new Error('it takes values that are not there')
      this.#counts.pop()
      this.#change(collecting[operation] as Effect)
    } else if (operation in texts) {
      this.#skip(this.#number(texts[operation] as number))
      this.#change([0, 0, 1])
    } else if (operation === global) {
      this.#line()
      this.#line()
      this.#change([0, 0, 1])
    } else if (operation in puts) {
      const place = this.#number(puts[operation] as number)
      if (place > this.#memo) throw new Error('it keeps values out of order')
      this.#memo = Math.max(this.#memo, place + 1)
      this.#change([0, 1, 1])
    } else if (operation in gets) {
      if (this.#number(gets[operation] as number) >= this.#memo)
        throw new Error('it takes values that are not there')
      this.#change([0, 0, 1])
    } else if (operation === stop) {
      this.#change([0, 1, 0])
      if (this.#counts.length !== 1 || this.#counts[0] !== 0)
        throw new Error('it leaves values behind')
      return false
    } else throw new Error(`it has an operation 0x${operation.toString(16)}`)
    return true
  }

  run(): void {
    while (this.#step());
  }
}

/** @throws Error that says what of a pickle cannot be run */
export function checkPickle(bytes: Buffer): void {
  new Walk(bytes).run()
}
