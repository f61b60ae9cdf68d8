/**
 * Writing a file so that it is there as a whole, also after a loss of power, or not at all, without
 * the event loop waiting for the disk.
 */
import { createHash } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { temporaryName } from './file_names'
import { fsync, mkdir, remove, rename, syncFolder, writeAt } from './file_system'
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
  const file = openSync(temporary, 'wx')
  let length = 0
  try {
    const hash = createHash('sha256')
    for await (const piece of pieces) {
      hash.update(piece)
      await writeAt(file, length, piece)
      length += piece.length
    }
    const seal = sealOf(hash)
    await writeAt(file, length, seal)
    length += seal.length
    await fsync(file)
    // Open until it has its name: that is how others see that it is being written.
    await rename(temporary, join(folder, name))
  } catch (error) {
    await remove(temporary).catch(() => {})
    throw error
  } finally {
    closeSync(file)
  }
  await syncFolder(folder)
  return length
}

/** Makes the folder and those that it is in. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first !== undefined) await syncFolder(dirname(first))
}
