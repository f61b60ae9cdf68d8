/**
 * Writing PyTorch's zip archives: stored entries whose data begins at multiples of 64 bytes.
 */
import { crc32 } from 'node:zlib'

import type { Output } from '../atomic_file'
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

interface Written {
  name: Buffer
  header: number
  length: number
  crc: number
}

export class ZipWriter {
  readonly #output: Output
  readonly #limit: number
  readonly #entries: Written[] = []

  /** @param limit sizes and offsets from here on are written with 64 bits */
  constructor(output: Output, limit = in64) {
    this.#output = output
    this.#limit = limit
  }

  /** An entry of `length` bytes, which `fill` gives to its argument, part by part. */
  add(name: string, length: number, fill: (write: (bytes: Uint8Array) => void) => void): void {
    const entry: Written = { name: Buffer.from(name), header: this.#output.length, length, crc: 0 }
    const padding = this.#padding(entry)
    this.#output.write(this.#localHeader(entry, padding))
    fill((bytes) => {
      entry.crc = crc32(bytes, entry.crc)
      this.#output.write(bytes)
    })
    this.#output.overwrite(entry.header, this.#localHeader(entry, padding))
    this.#entries.push(entry)
  }

  /** The directory. */
  finish(): void {
    const start = this.#output.length
    for (const entry of this.#entries) this.#output.write(this.#centralHeader(entry))
    const length = this.#output.length - start
    const count = this.#entries.length
    const isWide = count >= in64Short || this.#isWide(start) || this.#isWide(length)
    if (isWide) this.#output.write(end64(start, length, count))
    const end = Buffer.alloc(sizes.end)
    end.writeUInt32LE(signatures.end, 0)
    end.writeUInt16LE(isWide ? in64Short : count, 8)
    end.writeUInt16LE(isWide ? in64Short : count, 10)
    end.writeUInt32LE(isWide ? in64 : length, 12)
    end.writeUInt32LE(isWide ? in64 : start, 16)
    this.#output.write(end)
  }

  #isWide(value: number): boolean {
    return value >= this.#limit
  }

  #localField({ length }: Written): Buffer {
    return this.#isWide(length) ? wideField([length, length]) : Buffer.alloc(0)
  }

  /** The extra field before which data would begin where it should not. */
  #padding(entry: Written): Buffer {
    const before =
      entry.header + sizes.localHeader + entry.name.length + this.#localField(entry).length + 4
    const count = (alignment - (before % alignment)) % alignment
    const field = Buffer.alloc(4 + count, 'Z')
    field.writeUInt16LE(paddingField, 0)
    field.writeUInt16LE(count, 2)
    return field
  }

  #localHeader(entry: Written, padding: Buffer): Buffer {
    const isWide = this.#isWide(entry.length)
    const extra = Buffer.concat([this.#localField(entry), padding])
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

  #centralHeader(entry: Written): Buffer {
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
