/**
 * The checksum of a checkpoint file: SHA-256 over all bytes before it, as the comment at the end of
 * the zip archive, which all readers of .pt files skip.
 */
import { type Hash, createHash } from 'node:crypto'
import { closeSync, constants, openSync } from 'node:fs'

import { fstat, readAt } from './file_system'

const mark = 'node-libtorch checkpoint sha256:'
/** In bytes. */
export const sealLength = mark.length + 64

const chunk = 512 * 1024

/** The comment for a file whose bytes went through `hash`. */
export function sealOf(hash: Hash): Buffer {
  return Buffer.from(mark + hash.digest('hex'))
}

/**
 * Why the file at `path` is not whole; null where it is.
 * @throws Error of the system where it cannot be read
 */
export async function damageOf(path: string): Promise<string | null> {
  // Without O_NONBLOCK a pipe would wait for its writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const status = await fstat(file)
    if (!status.isFile()) return 'it is no file'
    return await damageIn(file, status.size - sealLength)
  } finally {
    closeSync(file)
  }
}

async function damageIn(file: number, length: number): Promise<string | null> {
  const seal = await readAt(file, length, sealLength)
  if (seal === null || !seal.toString('latin1').startsWith(mark))
    return 'it has no checksum at its end: it was cut short, or this library did not save it'
  const hash = createHash('sha256')
  for (let done = 0; done < length; done += chunk) {
    const part = await readAt(file, done, Math.min(chunk, length - done))
    if (part === null) return 'it became shorter while it was read'
    hash.update(part)
  }
  return seal.equals(sealOf(hash)) ? null : 'its bytes do not have its checksum: it is damaged'
}
