/**
 * Writing PyTorch's .pt files.
 * Source: https://pytorch.org/docs/stable/notes/serialization.html#saved-storage
 */
import type { Output } from '../atomic_file'
import { writePickle } from './pickle_writer'
import { eachPart } from './storage'
import { ZipWriter } from './zip_writer'

const folder = 'archive'
/** Of the format; the first one that libtorch 1.13 writes. */
const version = '3\n'

/** A file in the archive. */
export interface ArchiveEntry {
  name: string
  /** In bytes. */
  length: number
  /** Gives the bytes to `write`, part by part. */
  fill(write: (bytes: Uint8Array) => void): void
}

/** Checks everything, then gives what the archive of `value` holds. */
export function archiveEntries(value: unknown): ArchiveEntry[] {
  const { pickle, storages } = writePickle(value)
  const entry = (name: string, bytes: Uint8Array): ArchiveEntry => ({
    name: `${folder}/${name}`,
    length: bytes.length,
    fill: (write) => write(bytes)
  })
  return [
    entry('data.pkl', pickle),
    entry('byteorder', Buffer.from('little')),
    ...storages.map(({ key, bytes, tensor }) => ({
      name: `${folder}/data/${key}`,
      length: bytes,
      fill: (write: (bytes: Uint8Array) => void) => eachPart(tensor, 0, bytes, write)
    })),
    entry('version', Buffer.from(version))
  ]
}

/**
 * Checks everything, then gives a function that writes it.
 * @param wideFrom from which size on zip64 is used
 */
export function prepareCheckpoint(value: unknown, wideFrom?: number): (output: Output) => void {
  const entries = archiveEntries(value)
  return (output) => {
    const zip = new ZipWriter(output, wideFrom)
    for (const { name, length, fill } of entries) zip.add(name, length, fill)
    zip.finish()
  }
}
