/**
 * Node's functions on files by callbacks, as promises. Those of `node:fs/promises` end the whole
 * process where a worker is terminated just when it calls one (Node 20 fails to make its `FSReqPromise`).
 * Opening and closing is synchronous: a terminated worker's files are closed, but for those that were
 * about to be opened or closed.
 */
import * as fs from 'node:fs'
import { promisify } from 'node:util'

export const fsync = promisify(fs.fsync)
export const fstat = promisify(fs.fstat)
export const mkdir = promisify(fs.mkdir)
export const readdir = promisify(fs.readdir)
export const rename = promisify(fs.rename)
export const stat = promisify(fs.stat)
const unlink = promisify(fs.unlink)
const readSome = promisify(fs.read)
const writeSome = promisify(fs.write)

/** Removes the file, where it is there. */
export async function remove(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** `length` bytes of a file from `start` on; null where it has not as many. */
export async function readAt(
  descriptor: number,
  start: number,
  length: number
): Promise<Buffer | null> {
  if (start < 0) return null
  const bytes = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await readSome(descriptor, bytes, done, length - done, start + done)
    if (bytesRead === 0) return null
    done += bytesRead
  }
  return bytes
}

/** Writes all of `bytes` from `start` on. */
export async function writeAt(descriptor: number, start: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const left = bytes.length - done
    const { bytesWritten } = await writeSome(descriptor, bytes, done, left, start + done)
    done += bytesWritten
  }
}

/** The names in a folder must outlive a loss of power, too. */
export async function syncFolder(path: string): Promise<void> {
  const folder = fs.openSync(path, 'r')
  try {
    await fsync(folder)
  } catch (error) {
    // Some file systems cannot: they keep names by themselves.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
  } finally {
    fs.closeSync(folder)
  }
}
