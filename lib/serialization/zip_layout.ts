/**
 * Where the entries of PyTorch's zip archives lie, and the headers that say so: stored entries whose
 * data begins at multiples of 64 bytes.
 */
import {
  in64,
  in64Short,
  paddingField,
  signatures,
  sizes,
  utf8Flag,
  zip64Field
} from './zip_format'

const alignment = 64

/** Version 4.5 of the format knows zip64, 2.0 all else. */
const [plainVersion, wideVersion] = [20, 45]

export interface PlacedEntry {
  readonly name: Buffer
  /** Where its header begins. */
  readonly header: number
  readonly length: number
  readonly padding: Buffer
  /** CRC-32 of its data, for the caller to set. */
  crc: number
}

export class ZipLayout {
  readonly #limit: number
  readonly #entries: PlacedEntry[] = []
  #end = 0

  /** @param limit sizes and offsets from here on are written with 64 bits */
  constructor(limit = in64) {
    this.#limit = limit
  }

  /** The next entry: its header, then `length` bytes of data. */
  place(name: string, length: number): PlacedEntry {
    const bytes = Buffer.from(name)
    const before =
      this.#end + sizes.localHeader + bytes.length + this.#localField(length).length + 4
    const padding = paddingOf((alignment - (before % alignment)) % alignment)
    const entry = { name: bytes, header: this.#end, length, padding, crc: 0 }
    this.#entries.push(entry)
    this.#end = before - 4 + padding.length + length
    return entry
  }

  localHeader(entry: PlacedEntry): Buffer {
    const isWide = this.#isWide(entry.length)
    const extra = Buffer.concat([this.#localField(entry.length), entry.padding])
    const header = Buffer.alloc(sizes.localHeader)
    header.writeUInt32LE(signatures.localHeader, 0)
    header.writeUInt16LE(isWide ? wideVersion : plainVersion, 4)
    header.writeUInt16LE(utf8Flag, 6)
    header.writeUInt32LE(entry.crc, 14)
    header.writeUInt32LE(isWide ? in64 : entry.length, 18)
    header.writeUInt32LE(isWide ? in64 : entry.length, 22)
    header.writeUInt16LE(entry.name.length, 26)
    header.writeUInt16LE(extra.length, 28)
    return Buffer.concat([header, entry.name, extra])
  }

  /** What comes after the last entry, but for a comment of `commentLength` bytes at the very end. */
  directory(commentLength = 0): Buffer {
    const start = this.#end
    const headers = Buffer.concat(this.#entries.map((entry) => this.#centralHeader(entry)))
    const { length } = headers
    const count = this.#entries.length
    const isWide = count >= in64Short || this.#isWide(start) || this.#isWide(length)
    const end = Buffer.alloc(sizes.end)
    end.writeUInt32LE(signatures.end, 0)
    end.writeUInt16LE(isWide ? in64Short : count, 8)
    end.writeUInt16LE(isWide ? in64Short : count, 10)
    end.writeUInt32LE(isWide ? in64 : length, 12)
    end.writeUInt32LE(isWide ? in64 : start, 16)
    end.writeUInt16LE(commentLength, 20)
    return Buffer.concat([headers, isWide ? end64(start, length, count) : Buffer.alloc(0), end])
  }

  #isWide(value: number): boolean {
    return value >= this.#limit
  }

  #localField(length: number): Buffer {
    return this.#isWide(length) ? wideField([length, length]) : Buffer.alloc(0)
  }

  #centralHeader(entry: PlacedEntry): Buffer {
    // All three or none: libtorch's reader takes an offset alone for a damaged archive.
    const isWide = this.#isWide(entry.length) || this.#isWide(entry.header)
    const extra = isWide ? wideField([entry.length, entry.length, entry.header]) : Buffer.alloc(0)
    const version = isWide ? wideVersion : plainVersion
    const header = Buffer.alloc(sizes.centralHeader)
    header.writeUInt32LE(signatures.centralHeader, 0)
    header.writeUInt16LE(version, 4)
    header.writeUInt16LE(version, 6)
    header.writeUInt16LE(utf8Flag, 8)
    header.writeUInt32LE(entry.crc, 16)
    header.writeUInt32LE(isWide ? in64 : entry.length, 20)
    header.writeUInt32LE(isWide ? in64 : entry.length, 24)
    header.writeUInt16LE(entry.name.length, 28)
    header.writeUInt16LE(extra.length, 30)
    header.writeUInt32LE(isWide ? in64 : entry.header, 42)
    return Buffer.concat([header, entry.name, extra])
  }
}

/** The extra field without which data would begin where it should not. */
function paddingOf(count: number): Buffer {
  const field = Buffer.alloc(4 + count, 'Z')
  field.writeUInt16LE(paddingField, 0)
  field.writeUInt16LE(count, 2)
  return field
}

function wideField(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length)
  field.writeUInt16LE(zip64Field, 0)
  field.writeUInt16LE(8 * values.length, 2)
  for (const [i, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * i)
  return field
}

/** The zip64 end record, and the one that says where it is. */
function end64(start: number, length: number, count: number): Buffer {
  const record = Buffer.alloc(sizes.end64 + sizes.end64Locator)
  record.writeUInt32LE(signatures.end64, 0)
  record.writeBigUInt64LE(BigInt(sizes.end64 - 12), 4)
  record.writeUInt16LE(wideVersion, 12)
  record.writeUInt16LE(wideVersion, 14)
  record.writeBigUInt64LE(BigInt(count), 24)
  record.writeBigUInt64LE(BigInt(count), 32)
  record.writeBigUInt64LE(BigInt(length), 40)
  record.writeBigUInt64LE(BigInt(start), 48)
  record.writeUInt32LE(signatures.end64Locator, sizes.end64)
  record.writeBigUInt64LE(BigInt(start + length), sizes.end64 + 8)
  record.writeUInt32LE(1, sizes.end64 + 16)
  return record
}
