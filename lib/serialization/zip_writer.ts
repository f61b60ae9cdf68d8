/**
 * Writing PyTorch's zip archives to a file.
 */
import { crc32 } from 'node:zlib'

import type { Output } from '../atomic_file'
import { ZipLayout } from './zip_layout'

export class ZipWriter {
  readonly #output: Output
  readonly #layout: ZipLayout

  /** @param limit sizes and offsets from here on are written with 64 bits */
  constructor(output: Output, limit?: number) {
    this.#output = output
    this.#layout = new ZipLayout(limit)
  }

  /** An entry of `length` bytes, which `fill` gives to its argument, part by part. */
  add(name: string, length: number, fill: (write: (bytes: Uint8Array) => void) => void): void {
    const entry = this.#layout.place(name, length)
    this.#output.write(this.#layout.localHeader(entry))
    fill((bytes) => {
      entry.crc = crc32(bytes, entry.crc)
      this.#output.write(bytes)
    })
    this.#output.overwrite(entry.header, this.#layout.localHeader(entry))
  }

  /** The directory. */
  finish(): void {
    this.#output.write(this.#layout.directory())
  }
}
