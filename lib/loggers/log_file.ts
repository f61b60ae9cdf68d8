/**
 * The file under a logger: append only, whole records, every one handed to the system at once.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync
} from 'node:fs'
import { dirname } from 'node:path'

import { LoggerError } from './logger'

const remedies: Record<string, string> = {
  ENOSPC: 'make room on the disk',
  EDQUOT: 'make room in the quota',
  EFBIG: 'raise the file size limit (ulimit -f), or log elsewhere',
  EACCES: 'give a path that may be written',
  EROFS: 'give a path that may be written',
  EISDIR: 'give the path of a file',
  ENOTDIR: 'give a path below a folder'
}

/** What the system's error `cause` means for a logger. */
export function couldNotWrite(owner: string, path: string, cause: unknown): LoggerError {
  const { code = 'ERR_LOGGER', message } = cause as NodeJS.ErrnoException
  const remedy = remedies[code] ?? 'see the cause'
  return new LoggerError(
    `${owner}: could not write ${path}: ${message}; ${remedy}`,
    path,
    code,
    cause
  )
}

export class LogFile {
  /** The logger's class, for errors. */
  readonly #owner: string
  readonly path: string
  #descriptor: number | null = null
  #isRegular = false
  #isFailing = false
  /** Events that could not be written. */
  lost = 0

  /**
   * @param append whether what is in the file stays
   * @throws LoggerError where the file cannot be opened
   */
  constructor(owner: string, path: string, append: boolean) {
    this.#owner = owner
    this.path = path
    try {
      mkdirSync(dirname(path), { recursive: true })
      this.open(append)
    } catch (error) {
      throw couldNotWrite(this.#owner, this.path, error)
    }
  }

  open(append: boolean): void {
    const old = this.#descriptor
    this.#descriptor = openSync(this.path, 'a+')
    if (old !== null) closeSync(old)
    this.#isRegular = fstatSync(this.#descriptor).isFile()
    if (!append && this.#isRegular) ftruncateSync(this.#descriptor)
  }

  get isRegular(): boolean {
    return this.#isRegular
  }

  /** @throws LoggerError after close() */
  #handle(): number {
    if (this.#descriptor !== null) return this.#descriptor
    const message = `${this.#owner}: expected an open file, got ${this.path}, which close() has closed; make another logger`
    throw new LoggerError(message, this.path, 'ERR_CLOSED')
  }

  /**
   * Runs `write` for one event. The first failure is thrown; while it lasts, further events are counted
   * in `lost` only, so that a run that goes on in spite of the error hears of it once.
   */
  attempt(write: () => void): void {
    this.#handle()
    try {
      write()
      this.#isFailing = false
    } catch (error) {
      this.lost++
      if (this.#isFailing) return
      this.#isFailing = true
      throw error instanceof LoggerError ? error : couldNotWrite(this.#owner, this.path, error)
    }
  }

  /** Appends `bytes`; a part that was written before the disk was full is taken back. */
  append(bytes: Uint8Array): void {
    let done = 0
    try {
      while (done < bytes.length) done += writeSync(this.#handle(), bytes, done)
    } catch (error) {
      if (this.#isRegular && done > 0) this.truncate(this.size - done)
      throw error
    }
  }

  get size(): number {
    return this.#isRegular ? fstatSync(this.#handle()).size : 0
  }

  truncate(size: number): void {
    ftruncateSync(this.#handle(), size)
  }

  read(start: number, length: number): Buffer {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(this.#handle(), bytes, 0, length, start))
  }

  /** What follows the last line break: a process that was killed may have left half a line. */
  tail(): Buffer {
    const parts: Buffer[] = []
    for (let end = this.size; end > 0; ) {
      const start = Math.max(0, end - 65536)
      const part = this.read(start, end - start)
      const at = part.lastIndexOf(0x0a)
      parts.unshift(part.subarray(at + 1))
      if (at >= 0) break
      end = start
    }
    return Buffer.concat(parts)
  }

  /** Closes a file that holds something else than `expected`. @throws LoggerError */
  refuse(expected: string, got: string): never {
    this.close()
    const start = got.slice(0, 60)
    const message = `${this.#owner}: expected ${expected}, got ${this.path} with ${start}; give another path, or append: false`
    throw new LoggerError(message, this.path, 'ERR_LOGGER')
  }

  /** Waits until the disk has it. */
  close(): void {
    const descriptor = this.#descriptor
    if (descriptor === null) return
    this.#descriptor = null
    try {
      if (this.#isRegular) fsyncSync(descriptor)
    } catch (error) {
      if (!this.#isFailing) throw couldNotWrite(this.#owner, this.path, error)
    } finally {
      closeSync(descriptor)
    }
  }
}

/** The options that all loggers have. */
export interface LoggerOptions {
  /** Whether what is in the file stays, as a resumed run wants it. Default true. */
  append?: boolean
}
