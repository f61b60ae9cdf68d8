/**
 * Looking through a TorchScript file before libtorch reads it. It is a zip archive, and libtorch's
 * reader trusts it: it looks at no checksums, and a damaged pickle inside can end the process.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32, inflateRawSync } from 'node:zlib'

import { checkPickle } from './pickle'

const chunk = 2 ** 20
const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50 }
const locator64 = 0x07064b50
const stored = 0
const deflated = 8
/** Deflate makes no more than this many bytes of one. */
const mostInflation = 1032
/** The end record, and the longest comment that can follow it. */
const endSize = 22
const mostComment = 0xffff

interface Entry {
  name: string
  method: number
  checksum: number
  compressedSize: number
  size: number
  offset: number
}

class Archive {
  readonly #file: number
  readonly size: number

  constructor(file: number) {
    this.#file = file
    this.size = fstatSync(file).size
  }

  /** `length` bytes from `offset` on; an error where the file has not as many. */
  read(offset: number, length: number, what: string): Buffer {
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > this.size)
      throw damaged(`${what} would lie outside of the file`)
    const bytes = Buffer.alloc(length)
    let done = 0
    while (done < length) {
      const count = readSync(this.#file, bytes, done, length - done, offset + done)
      if (count === 0) throw damaged(`${what} ends early`)
      done += count
    }
    return bytes
  }
}

function damaged(reason: string): Error {
  return new Error(`the file is damaged: ${reason}`)
}

/** The number in 8 bytes; what a double cannot hold lies outside of any file. */
const wide = (bytes: Buffer, at: number) => Number(bytes.readBigUInt64LE(at))

/** Where the directory of entries lies, and how many they are. */
function findDirectory(archive: Archive): { start: number; length: number; count: number } {
  const tailSize = Math.min(archive.size, endSize + mostComment)
  const tailStart = archive.size - tailSize
  const tail = archive.read(tailStart, tailSize, 'its end')
  let at = tailSize - endSize
  while (at >= 0 && tail.readUInt32LE(at) !== signatures.end) at--
  if (at < 0) throw damaged('it has no directory at its end, as where it was cut off')
  const plain = {
    count: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    start: tail.readUInt32LE(at + 16)
  }
  const isWide = at >= 20 && tail.readUInt32LE(at - 20) === locator64
  if (!isWide) return plain
  const record = archive.read(wide(tail, at - 12), 56, 'its directory')
  if (record.readUInt32LE(0) !== signatures.end64)
    throw damaged('its directory is not where it says')
  return { count: wide(record, 32), length: wide(record, 40), start: wide(record, 48) }
}

/** Replaces sizes of 0xffffffff by those of the zip64 field. */
function widen(entry: Entry, extra: Buffer): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    const end = Math.min(at + 4 + extra.readUInt16LE(at + 2), extra.length)
    let next = at + 4
    for (const key of ['size', 'compressedSize', 'offset'] as const) {
      if (entry[key] !== 0xffffffff || next + 8 > end) continue
      entry[key] = wide(extra, next)
      next += 8
    }
  }
}

function readDirectory(archive: Archive): Entry[] {
  const { start, length, count } = findDirectory(archive)
  const directory = archive.read(start, length, 'its directory')
  const entries: Entry[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > length || directory.readUInt32LE(at) !== signatures.central)
      throw damaged(`its directory ends after ${i} of ${count} entries`)
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28)
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30)
    const end = extraEnd + directory.readUInt16LE(at + 32)
    if (end > length) throw damaged(`its directory ends after ${i} of ${count} entries`)
    const entry = {
      name: directory.toString('utf8', at + 46, nameEnd),
      method: directory.readUInt16LE(at + 10),
      checksum: directory.readUInt32LE(at + 16),
      compressedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42)
    }
    widen(entry, directory.subarray(nameEnd, extraEnd))
    entries.push(entry)
    at = end
  }
  return entries
}

function unpacked(archive: Archive, entry: Entry, start: number): Buffer {
  const packed = archive.read(start, entry.compressedSize, `'${entry.name}'`)
  if (entry.method === stored) return packed
  if (entry.size > packed.length * mostInflation)
    throw damaged(`'${entry.name}' says that it unpacks to more than it can`)
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(entry.size, 1) })
  } catch {
    throw damaged(`'${entry.name}' cannot be unpacked`)
  }
}

/** The checksum of an entry of any size that is not packed. */
function checksumOf(archive: Archive, entry: Entry, start: number): number {
  let checksum = 0
  for (let at = 0; at < entry.size; at += chunk) {
    const length = Math.min(chunk, entry.size - at)
    checksum = crc32(archive.read(start + at, length, `'${entry.name}'`), checksum)
  }
  return checksum
}

function checkEntry(archive: Archive, entry: Entry): void {
  const what = `'${entry.name}'`
  const isKnown =
    entry.method === deflated || (entry.method === stored && entry.size === entry.compressedSize)
  if (!isKnown) throw damaged(`${what} is packed in an unknown way`)
  const header = archive.read(entry.offset, 30, what)
  if (header.readUInt32LE(0) !== signatures.local)
    throw damaged(`${what} is not where the directory says`)
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  const isPickle = entry.name.endsWith('pkl')
  const bytes = isPickle || entry.method === deflated ? unpacked(archive, entry, start) : undefined
  const checksum = bytes ? crc32(bytes) : checksumOf(archive, entry, start)
  if (checksum !== entry.checksum) throw damaged(`${what} does not have its checksum`)
  if (!isPickle || !bytes) return
  try {
    checkPickle(bytes)
  } catch (error) {
    throw damaged(`${what} cannot be read: ${(error as Error).message}`)
  }
}

/**
 * Reads the whole file once.
 * @throws Error that says what is wrong with it; Node's own where it cannot be opened
 */
export function checkArchive(path: string): void {
  const file = openSync(path, 'r')
  try {
    const archive = new Archive(file)
    const start = archive.size >= 4 ? archive.read(0, 4, 'its beginning').readUInt32LE(0) : 0
    if (start !== signatures.local) throw new Error('the file is no TorchScript file')
    const entries = readDirectory(archive)
    for (const entry of entries) checkEntry(archive, entry)
    const has = (ending: string) => entries.some(({ name }) => name.endsWith(ending))
    if (!has('/data.pkl')) throw new Error('the file is no TorchScript file')
    if (!has('/constants.pkl')) {
      throw new Error(
        'the file holds tensors without code, as torch.save writes it, and is no TorchScript file; ' +
          'in Python, write it by torch.jit.save'
      )
    }
  } finally {
    closeSync(file)
  }
}
