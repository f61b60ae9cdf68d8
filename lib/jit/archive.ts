/**
 * Looking through a TorchScript file before libtorch reads it. It is a zip archive, and libtorch's
 * reader trusts it: it looks at no checksums, and a damaged pickle inside can end the process.
 */
import { crc32, inflateRawSync } from 'node:zlib'

import { badFile, isBadFile } from '../serialization/bad_file'
import { type Source, openFile } from '../serialization/source'
import { methods } from '../serialization/zip_format'
import { type ZipEntry, looksLikeZip, readZip } from '../serialization/zip_reader'
import { checkPickle } from './pickle'

const chunk = 2 ** 20
/** Deflate makes no more than this many bytes of one. */
const mostInflation = 1032

/**
 * Reads the whole file once.
 * @throws Error `ERR_TORCH_BAD_FILE` that says what is wrong with it; the system's where it cannot be
 * opened
 */
export function checkArchive(path: string): void {
  const source = openFile(path)
  try {
    if (!looksLikeZip(source.read(0, Math.min(source.length, 4))))
      throw badFile(path, 'the file is no TorchScript file')
    const entries = entriesOf(source)
    for (const [name, entry] of entries) checkEntry(source, name, entry)
    const has = (ending: string) => [...entries.keys()].some((name) => name.endsWith(ending))
    if (!has('/data.pkl')) throw badFile(path, 'the file is no TorchScript file')
    if (!has('/constants.pkl')) {
      throw badFile(
        path,
        'the file holds tensors without code, as torch.save writes it, and is no TorchScript file; ' +
          'in Python, write it by torch.jit.save'
      )
    }
  } finally {
    source.close()
  }
}

function damaged({ name }: Source, reason: string): Error {
  return badFile(name, `the file is damaged: ${reason}`)
}

function entriesOf(source: Source): Map<string, ZipEntry> {
  try {
    return readZip(source)
  } catch (error) {
    throw isBadFile(error) ? damaged(source, error.reason) : error
  }
}

function checkEntry(source: Source, name: string, entry: ZipEntry): void {
  const what = `'${name}'`
  const isDeflated = entry.method === methods.deflated
  if (!isDeflated && entry.method !== methods.stored)
    throw damaged(source, `${what} is packed in an unknown way`)
  const isPickle = name.endsWith('pkl')
  const bytes = isPickle || isDeflated ? unpacked(source, what, entry) : undefined
  const checksum = bytes ? crc32(bytes) : checksumOf(source, entry)
  if (checksum !== entry.checksum) throw damaged(source, `${what} does not have its checksum`)
  if (!isPickle || !bytes) return
  try {
    checkPickle(bytes)
  } catch (error) {
    throw damaged(source, `${what} cannot be read: ${(error as Error).message}`)
  }
}

function unpacked(source: Source, what: string, entry: ZipEntry): Buffer {
  const packed = Buffer.from(source.read(entry.start, entry.length))
  if (entry.method === methods.stored) return packed
  if (entry.size > packed.length * mostInflation)
    throw damaged(source, `${what} says that it unpacks to more than it can`)
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(entry.size, 1) })
  } catch {
    throw damaged(source, `${what} cannot be unpacked`)
  }
}

/** The checksum of an entry of any size that is not packed. */
function checksumOf(source: Source, { start, length }: ZipEntry): number {
  let checksum = 0
  for (let at = 0; at < length; at += chunk) {
    checksum = crc32(source.read(start + at, Math.min(chunk, length - at)), checksum)
  }
  return checksum
}
