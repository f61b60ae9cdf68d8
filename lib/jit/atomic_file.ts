/**
 * Writing a file so that it is there as a whole or not at all.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Has `write` make a temporary file beside `path`, which takes its place when it is complete. */
export function writeAtomically(path: string, write: (temporary: string) => void): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  // Made here for Node's error where the folder is missing or may not be written to.
  closeSync(openSync(temporary, 'wx'))
  try {
    write(temporary)
    sync(temporary)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  sync(dirname(path))
}
