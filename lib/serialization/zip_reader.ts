/**
 * Reading PyTorch's zip archives: a list of entries, each known to lie inside the file and on
 * no other's bytes. Nothing is decompressed or extracted here.
 */
import { badFile } from './bad_file'
import type { Source } from './source'
import {
  encryptedFlag,
  in64,
  in64Short,
  methods,
  signatures,
  sizes,
  utf8Flag,
  zip64Field
} from './zip_format'

/** Where the bytes of an entry lie in the file. */
export interface ZipEntry {
  start: number
  length: number
  /** One of `methods`, or another one. */
  method: number
  /** Bytes that it has when it is decompressed. */
  size: number
  /** CRC-32 of these, as the directory says. */
  checksum: number
}

const mostEntries = 2 ** 20
const longestDirectory = 100_000_000
const longestComment = 0xffff

/** Whether `bytes`, the first ones of a file, are those of an archive with entries. */
export function looksLikeZip(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 4 &&
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === signatures.localHeader
  )
}

/** The entries by their full names, in the order of the directory. */
export function readZip(source: Source): Map<string, ZipEntry> {
  const directory = findDirectory(source)
  const records = readDirectory(source, directory)
  const entries = new Map<string, ZipEntry>()
  // In the order of the file each must end before the next begins.
  const sorted = [...records].sort((a, b) => a.header - b.header)
  const starts = new Map<CentralRecord, number>()
  for (const [i, record] of sorted.entries()) {
    const start = dataStart(source, record)
    const next = sorted[i + 1]?.header ?? directory.start
    if (start + record.length > next) {
      const what = i + 1 < sorted.length ? 'the next entry' : 'the directory'
      throw badFile(source.name, `entry ${record.name}: its ${record.length} bytes overlap ${what}`)
    }
    starts.set(record, start)
  }
  for (const record of records) {
    if (entries.has(record.name))
      throw badFile(source.name, `the archive has two entries named ${record.name}`)
    const { name, header: _, ...rest } = record
    entries.set(name, { start: starts.get(record) as number, ...rest })
  }
  return entries
}

interface Directory {
  start: number
  length: number
  count: number
}

interface CentralRecord extends Omit<ZipEntry, 'start'> {
  name: string
  /** Where the local header begins. */
  header: number
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** An unsigned number of 64 bits; beyond 2^53 it is inexact, but too large for any file. */
function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true))
}

function findDirectory(source: Source): Directory {
  const tail = Math.min(source.length, sizes.end + longestComment)
  const tailStart = source.length - tail
  const bytes = source.read(tailStart, tail)
  const view = viewOf(bytes)
  let at = tail - sizes.end
  // The record's comment must reach just to the end of the file.
  while (
    at >= 0 &&
    !(
      view.getUint32(at, true) === signatures.end &&
      at + sizes.end + view.getUint16(at + 20, true) === tail
    )
  )
    at--
  if (at < 0)
    throw badFile(source.name, 'the archive has no directory at its end: it is truncated or no zip')
  if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 6, true) !== 0)
    throw badFile(source.name, 'the archive is one of several parts')
  const count = view.getUint16(at + 10, true)
  const length = view.getUint32(at + 12, true)
  const start = view.getUint32(at + 16, true)
  if (view.getUint16(at + 8, true) !== count)
    throw badFile(source.name, 'the archive counts its entries in two ways')
  const isIn64 = count === in64Short || length === in64 || start === in64
  const end = tailStart + at
  return isIn64
    ? findDirectory64(source, end)
    : checkDirectory(source, { start, length, count }, end)
}

function findDirectory64(source: Source, end: number): Directory {
  const refuse = () => badFile(source.name, 'the archive lacks the zip64 record that it announces')
  if (end < sizes.end64Locator + sizes.end64) throw refuse()
  const locator = viewOf(source.read(end - sizes.end64Locator, sizes.end64Locator))
  if (locator.getUint32(0, true) !== signatures.end64Locator) throw refuse()
  const at = uint64(locator, 8)
  if (at > end - sizes.end64Locator - sizes.end64) throw refuse()
  const view = viewOf(source.read(at, sizes.end64))
  if (view.getUint32(0, true) !== signatures.end64) throw refuse()
  const count = uint64(view, 32)
  if (uint64(view, 24) !== count)
    throw badFile(source.name, 'the archive counts its entries in two ways')
  return checkDirectory(source, { start: uint64(view, 48), length: uint64(view, 40), count }, at)
}

function checkDirectory(source: Source, directory: Directory, end: number): Directory {
  const { start, length, count } = directory
  if (start + length > end)
    throw badFile(
      source.name,
      `the archive's directory of ${length} bytes at byte ${start} reaches beyond byte ${end}, where it must end`
    )
  if (count > mostEntries || length > longestDirectory)
    throw badFile(
      source.name,
      `the archive announces ${count} entries in ${length} bytes; too many`
    )
  if (count * sizes.centralHeader > length)
    throw badFile(source.name, `the archive's directory is too short for ${count} entries`)
  return directory
}

function readDirectory(source: Source, { start, length, count }: Directory): CentralRecord[] {
  const bytes = source.read(start, length)
  const view = viewOf(bytes)
  const records: CentralRecord[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    const refuse = (reason: string) => badFile(source.name, `entry ${i} of the archive ${reason}`)
    if (at + sizes.centralHeader > length) throw refuse('is cut off')
    if (view.getUint32(at, true) !== signatures.centralHeader) throw refuse('has no header')
    const flags = view.getUint16(at + 8, true)
    const nameLength = view.getUint16(at + 28, true)
    const extraLength = view.getUint16(at + 30, true)
    const nameStart = at + sizes.centralHeader
    const next = nameStart + nameLength + extraLength + view.getUint16(at + 32, true)
    if (next > length) throw refuse('is cut off')
    const name = nameOf(bytes.subarray(nameStart, nameStart + nameLength), flags)
    if (name === null) throw refuse('has no name that can be read')
    if (isTrick(name)) throw refuse(`has the name ${JSON.stringify(name)}, which leads elsewhere`)
    if (flags & encryptedFlag) throw refuse(`(${name}) is encrypted`)
    const method = view.getUint16(at + 10, true)
    const checksum = view.getUint32(at + 16, true)
    const extra = view64(view, nameStart + nameLength, extraLength)
    const sizesAndOffset = wideValues(view, at, extra)
    if (sizesAndOffset === null) throw refuse(`(${name}) lacks the zip64 sizes that it announces`)
    const [whole, stored, header] = sizesAndOffset
    if (method === methods.stored && whole !== stored)
      throw refuse(`(${name}) has two sizes, ${stored} and ${whole}`)
    if (header + sizes.localHeader + stored > start)
      throw refuse(`(${name}) has ${stored} bytes at byte ${header}: more than the file can hold`)
    records.push({ name, header, length: stored, method, size: whole, checksum })
    at = next
  }
  if (at !== length) throw badFile(source.name, "the archive's directory has bytes of no entry")
  return records
}

function nameOf(bytes: Uint8Array, flags: number): string | null {
  if (bytes.length === 0) return null
  const isAscii = bytes.every((byte) => byte < 0x80)
  if (!isAscii && !(flags & utf8Flag)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** No name is ever used as a path, but an honest file has none of these. */
function isTrick(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  return /^\/|\\|[\u0000-\u001f]|^[a-zA-Z]:/.test(name) || name.split('/').includes('..')
}

/** The content of the zip64 extra field; null where there is none. */
function view64(view: DataView, start: number, length: number): DataView | null {
  for (let at = start; at + 4 <= start + length; ) {
    const size = view.getUint16(at + 2, true)
    if (at + 4 + size > start + length) return null
    if (view.getUint16(at, true) === zip64Field)
      return new DataView(view.buffer, view.byteOffset + at + 4, size)
    at += 4 + size
  }
  return null
}

/** Size, stored size and offset of a central header, from the zip64 field where they are there. */
function wideValues(
  view: DataView,
  at: number,
  wide: DataView | null
): [whole: number, stored: number, header: number] | null {
  const values: number[] = []
  let next = 0
  for (const place of [24, 20, 42]) {
    const value = view.getUint32(at + place, true)
    if (value !== in64) {
      values.push(value)
      continue
    }
    if (wide === null || next + 8 > wide.byteLength) return null
    values.push(uint64(wide, next))
    next += 8
  }
  return values as [number, number, number]
}

/** Where an entry's data begins. The local header must be there and of the same entry. */
function dataStart(source: Source, { name, header, method }: CentralRecord): number {
  const wanted = Buffer.from(name)
  const bytes = source.read(header, sizes.localHeader + wanted.length)
  const view = viewOf(bytes)
  const refuse = (reason: string) => badFile(source.name, `entry ${name}: ${reason}`)
  if (view.getUint32(0, true) !== signatures.localHeader)
    throw refuse(`there is no header at byte ${header}`)
  if (view.getUint16(8, true) !== methods.stored && method === methods.stored)
    throw refuse('its header says that it is compressed, the directory that it is not')
  const nameLength = view.getUint16(26, true)
  if (nameLength !== wanted.length || wanted.compare(bytes, sizes.localHeader) !== 0)
    throw refuse('its header has another name than the directory')
  return header + sizes.localHeader + nameLength + view.getUint16(28, true)
}
