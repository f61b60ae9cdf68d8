/**
 * The bytes of a pickle that is written: opcodes, numbers and what stands for them.
 */
import { rangeError } from '../check'
import { opcodes as op } from './pickle_format'

/** What the opcode LONG1 can hold. */
const longestInteger = 255

export class PickleOutput {
  #bytes = Buffer.alloc(1024)
  #length = 0

  /** What was written. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.integer('', BigInt(value))
      return
    }
    const bytes = Buffer.alloc(9)
    bytes[0] = op.BINFLOAT
    bytes.writeDoubleBE(value, 1)
    this.append(bytes)
  }

  integer(path: string, value: bigint): void {
    if (value >= 0 && value < 256) {
      this.put(op.BININT1, Number(value))
      return
    }
    if (BigInt.asIntN(32, value) === value) {
      const bytes = Buffer.alloc(5)
      bytes[0] = op.BININT
      bytes.writeInt32LE(Number(value), 1)
      this.append(bytes)
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
    this.put(op.LONG1, length)
    this.append(bytes.reverse())
  }

  /** An opcode with an index of 8 bits, or its long form with one of 32. */
  indexed(short: number, long: number, index: number): void {
    if (index < 256) {
      this.put(short, index)
      return
    }
    const bytes = Buffer.alloc(5)
    bytes[0] = long
    bytes.writeUInt32LE(index, 1)
    this.append(bytes)
  }

  put(...bytes: number[]): void {
    this.append(Uint8Array.from(bytes))
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const larger = Buffer.alloc(2 * (this.#length + bytes.length))
      this.#bytes.copy(larger)
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }
}
