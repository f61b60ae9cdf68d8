/**
 * Writing a file as a whole or not at all: to a temporary one in the same folder, which then takes
 * the place of the old one. Who reads the old one, or has it mapped, keeps it.
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { typeError } from './check'

export interface Output {
  /** Bytes written so far. */
  readonly length: number
  write(bytes: Uint8Array): void
  /** Puts `bytes` in the place of some that were written before. */
  overwrite(start: number, bytes: Uint8Array): void
}

class FileOutput implements Output {
  length = 0
  readonly #descriptor: number

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  write(bytes: Uint8Array): void {
    this.overwrite(this.length, bytes)
    this.length += bytes.length
  }

  overwrite(start: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#descriptor, bytes, done, bytes.length - done, start + done)
    }
  }
}

/**
 * Has `write` fill a temporary file beside `path`, by its descriptor or its name, that takes the place
 * of `path` then. Where that throws, or the system does, the old file is as it was and no temporary
 * one is left.
 */
export function replaceFile(
  path: string,
  write: (descriptor: number, temporary: string) => void
): void {
  const { target, mode } = existing(path)
  const folder = dirname(target)
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`)
  const folderDescriptor = openSync(folder, 'r')
  try {
    writeThenRename(temporary, target, mode, write)
    syncFolder(folderDescriptor)
  } finally {
    closeSync(folderDescriptor)
  }
}

function writeThenRename(
  temporary: string,
  target: string,
  mode: number | undefined,
  write: (descriptor: number, temporary: string) => void
): void {
  const descriptor = openSync(temporary, 'wx')
  try {
    try {
      if (mode !== undefined) fchmodSync(descriptor, mode)
      write(descriptor, temporary)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, target)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** The same for a file that is written piece by piece. */
export function writeAtomically(path: string, fill: (output: Output) => void): void {
  replaceFile(path, (descriptor) => fill(new FileOutput(descriptor)))
}

/** What `path` leads to, through links, and its permissions where it exists. */
function existing(path: string): { target: string; mode?: number } {
  const status = statSync(path, { throwIfNoEntry: false })
  if (status === undefined) return { target: path }
  if (!status.isFile()) throw typeError('path', 'the path of a file', path, 'give it a name there')
  return { target: realpathSync(path), mode: status.mode & 0o7777 }
}

/** The new name must outlive a loss of power, too. */
function syncFolder(descriptor: number): void {
  try {
    fsyncSync(descriptor)
  } catch (error) {
    // Some file systems cannot: they keep names by themselves.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
  }
}
