/**
 * What is to be saved as it was at one moment, and the bytes of its file, made little by little.
 */
import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'

import { noGrad } from '../modes'
import { archiveEntries } from '../serialization/checkpoint_writer'
import { ZipLayout } from '../serialization/zip_layout'

interface Copied {
  name: string
  length: number
  parts: Uint8Array[]
}

/** Bytes between two turns of the event loop: well under a millisecond of hashing. */
const chunk = 512 * 1024

/**
 * A copy of `value`, tensors with all the memory that they are views of.
 * @throws TypeError, RangeError as `save` does
 */
export function snapshot(value: unknown): Copied[] {
  return noGrad(() =>
    archiveEntries(value).map(({ name, length, fill }) => {
      const parts: Uint8Array[] = []
      fill((bytes) => parts.push(bytes))
      return { name, length, parts }
    })
  )
}

/** The .pt archive in pieces of some size, but for a comment of `commentLength` bytes. */
export async function* archiveOf(
  entries: readonly Copied[],
  commentLength: number
): AsyncGenerator<Uint8Array> {
  const layout = new ZipLayout()
  let small: Uint8Array[] = []
  let waiting = 0
  for (const { name, length, parts } of entries) {
    const entry = layout.place(name, length)
    for (const part of slices(parts)) {
      entry.crc = crc32(part, entry.crc)
      if (part.length === chunk) await setImmediate()
    }
    for (const part of slices([layout.localHeader(entry), ...parts])) {
      small.push(part)
      waiting += part.length
      if (waiting < chunk) continue
      yield Buffer.concat(small)
      small = []
      waiting = 0
    }
  }
  yield Buffer.concat([...small, layout.directory(commentLength)])
}

function* slices(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += chunk) yield part.subarray(at, at + chunk)
  }
}
