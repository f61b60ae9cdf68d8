/**
 * The bytes of a pickle, read one after the other. Nothing is taken that is not there.
 */
import { badFile } from './bad_file'

/** In bytes; far beyond what a checkpoint has. */
const longestInteger = 1024
export const longestName = 1000

export class PickleBytes {
  readonly #file: string
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(file: string, bytes: Uint8Array) {
    this.#file = file
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  refuse(reason: string): Error {
    return badFile(this.#file, `pickle, byte ${this.#at}: ${reason}`)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  int32(): number {
    return this.#view.getInt32(this.skip(4), true)
  }

  uint16(): number {
    return this.#view.getUint16(this.skip(2), true)
  }

  float64(): number {
    return this.#view.getFloat64(this.skip(8), false)
  }

  /** Steps over `count` bytes and gives where they begin. */
  skip(count: number): number {
    if (count > this.#bytes.length - this.#at)
      throw this.refuse(`${count} bytes more are announced, ${this.#bytes.length - this.#at} there`)
    this.#at += count
    return this.#at - count
  }

  take(count: number): Uint8Array {
    const start = this.skip(count)
    return this.#bytes.subarray(start, start + count)
  }

  uint8(): number {
    return this.take(1)[0] as number
  }

  uint32(): number {
    return this.#view.getUint32(this.skip(4), true)
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.skip(8), true))
  }

  /** An integer of any size, little-endian. */
  long(length: number): number | bigint {
    if (length > longestInteger) throw this.refuse(`an integer of ${length} bytes`)
    const digits = Buffer.from(this.take(length)).reverse()
    if (length === 0) return 0
    const value = BigInt.asIntN(8 * length, BigInt(`0x${digits.toString('hex')}`))
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }

  text(length: number): string {
    const bytes = this.take(length)
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      throw this.refuse('a text that is not UTF-8')
    }
  }

  ascii(length: number): string {
    const bytes = this.take(length)
    if (bytes.some((byte) => byte >= 0x80)) throw this.refuse('a text that is not ASCII')
    return Buffer.from(bytes).toString('latin1')
  }

  /** Up to the next end of a line. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at)
    if (end === -1 || end - this.#at > longestName) throw this.refuse('a name without an end')
    const line = this.text(end - this.#at)
    this.#at++
    return line
  }
}
