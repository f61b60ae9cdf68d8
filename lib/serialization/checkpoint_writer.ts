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

/**
 * Checks everything, then gives a function that writes it.
 * @param wideFrom from which size on zip64 is used
 */
export function prepareCheckpoint(value: unknown, wideFrom?: number): (output: Output) => void {
  const { pickle, storages } = writePickle(value)
  return (output) => {
    const zip = new ZipWriter(output, wideFrom)
    const add = (name: string, bytes: Uint8Array) =>
      zip.add(`${folder}/${name}`, bytes.length, (write) => write(bytes))
    add('data.pkl', pickle)
    add('byteorder', Buffer.from('little'))
    for (const { key, bytes, tensor } of storages) {
      zip.add(`${folder}/data/${key}`, bytes, (write) => eachPart(tensor, 0, bytes, write))
    }
    add('version', Buffer.from(version))
    zip.finish()
  }
}
