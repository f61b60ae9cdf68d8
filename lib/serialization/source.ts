/**
 * Where the bytes of a file come from: the file, its mapping, or memory. Nothing is allocated for a
 * range before that is known to lie inside.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

import { fromBuffer } from '../buffers'
import { empty } from '../creation'
import { dtypeCode } from '../dtype'
import { native } from '../native'
import type { Tensor } from '../tensor'
import { badFile } from './bad_file'

export interface Source {
  /** For messages: the path. */
  readonly name: string
  /** In bytes. */
  readonly length: number
  /** Bytes to be looked at and not kept. */
  read(start: number, length: number): Uint8Array
  /** The same as uint8[length], on a storage of its own: the file's pages where `isMapped`. */
  storage(start: number, length: number, isMapped: boolean): Tensor
  close(): void
}

const chunk = 4 * 2 ** 20

function checkRange(source: Source, start: number, length: number): void {
  if (start >= 0 && length >= 0 && start <= source.length && length <= source.length - start) return
  throw badFile(
    source.name,
    `expected ${length} bytes from byte ${start} on, got a file of ${source.length} bytes: it is truncated or lies about its sizes`
  )
}

class FileSource implements Source {
  readonly length: number
  readonly #descriptor: number
  #mapping: Tensor | undefined
  #staging: { bytes: Uint8Array; tensor: Tensor } | undefined

  constructor(readonly name: string) {
    // Without O_NONBLOCK a pipe would wait for its writer.
    this.#descriptor = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK)
    const status = fstatSync(this.#descriptor)
    this.length = status.size
    if (status.isFile()) return
    closeSync(this.#descriptor)
    throw badFile(name, 'expected a file, got a folder, a device or a pipe')
  }

  read(start: number, length: number): Uint8Array {
    checkRange(this, start, length)
    const bytes = new Uint8Array(length)
    this.#fill(bytes, start)
    return bytes
  }

  storage(start: number, length: number, isMapped: boolean): Tensor {
    checkRange(this, start, length)
    if (isMapped && length > 0) {
      this.#mapping ??= native.mapFile(this.#descriptor, this.length)
      return native.storagePart(this.#mapping, start, length)
    }
    const made = empty([length], { dtype: 'uint8' })
    for (let done = 0; done < length; done += chunk) {
      const count = Math.min(chunk, length - done)
      this.#fill(this.#stage().bytes.subarray(0, count), start + done)
      using into = made.narrow(0, done, count)
      using from = this.#stage().tensor.narrow(0, 0, count)
      into.copy_(from)
    }
    return made
  }

  #stage() {
    if (this.#staging) return this.#staging
    const bytes = new Uint8Array(Math.min(chunk, this.length))
    this.#staging = { bytes, tensor: fromBuffer(bytes) }
    return this.#staging
  }

  #fill(bytes: Uint8Array, start: number): void {
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(this.#descriptor, bytes, done, bytes.length - done, start + done)
      if (count === 0) throw badFile(this.name, 'it became shorter while it was read')
      done += count
    }
  }

  close(): void {
    this.#mapping?.dispose()
    this.#staging?.tensor.dispose()
    closeSync(this.#descriptor)
  }
}

class MemorySource implements Source {
  readonly name = 'the given bytes'
  readonly length: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.length = bytes.length
  }

  read(start: number, length: number): Uint8Array {
    checkRange(this, start, length)
    return this.#bytes.subarray(start, start + length)
  }

  storage(start: number, length: number): Tensor {
    const part = this.read(start, length)
    return native.fromTypedArray(part, length, null, dtypeCode('uint8'), null, false)
  }

  close(): void {}
}

/** The file at `path`. */
export function openFile(path: string): Source {
  return new FileSource(path)
}

/** Bytes in memory. Storages are copies. */
export function openBytes(bytes: Uint8Array): Source {
  return new MemorySource(bytes)
}
