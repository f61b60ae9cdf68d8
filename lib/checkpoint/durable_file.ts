/**
 * Writing a file so that it is there as a whole, also after a loss of power, or not at all, without
 * the event loop waiting for the disk.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { temporaryName } from './file_names'
import { sealOf } from './seal'

/**
 * Writes `pieces` and their checksum to a temporary file in `folder`, which then gets its `name`.
 * Where anything fails, none is left. Returns its size in bytes.
 */
export async function writeSealed(
  folder: string,
  name: string,
  pieces: AsyncIterable<Uint8Array>
): Promise<number> {
  const temporary = join(folder, temporaryName(name))
  const file = await open(temporary, 'wx')
  let length = 0
  try {
    const hash = createHash('sha256')
    for await (const piece of pieces) {
      hash.update(piece)
      length = await append(file, piece, length)
    }
    length = await append(file, sealOf(hash), length)
    await file.sync()
    // Open until it has its name: that is how others see that it is being written.
    await rename(temporary, join(folder, name))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  } finally {
    await file.close()
  }
  await syncFolder(folder)
  return length
}

/** The length after `bytes` were written from `start` on. */
async function append(file: FileHandle, bytes: Uint8Array, start: number): Promise<number> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, start + done)
    done += bytesWritten
  }
  return start + bytes.length
}

/** Makes the folder and those that it is in. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first !== undefined) await syncFolder(dirname(first))
}

/** The names in a folder must outlive a loss of power, too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch (error) {
    // Some file systems cannot: they keep names by themselves.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
  } finally {
    await folder.close()
  }
}
