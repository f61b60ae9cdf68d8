/**
 * Reading .safetensors: strictly, all of the header is checked before any tensor is made.
 * Source: https://huggingface.co/docs/safetensors
 */
import { itemSize } from '../dtype'
import type { Tensor } from '../tensor'
import { badFile } from './bad_file'
import { type Header, longestHeader, parseHeader } from './safetensors_header'
import type { Source } from './source'
import { rowMajor, tensorOn } from './storage'
import { setEntry } from '../plain'

/** Bytes of the number that says how long the header is. */
const prefix = 8

/** Whether `bytes`, the first ones of a file, may be those of a .safetensors file. */
export function looksLikeSafetensors(bytes: Uint8Array): boolean {
  return bytes.length > prefix && bytes[prefix] === '{'.charCodeAt(0)
}

function readHeader(source: Source): { header: Header; start: number } {
  if (source.length < prefix)
    throw badFile(source.name, `expected a .safetensors file, got ${source.length} bytes`)
  const first = source.read(0, prefix)
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true)
  if (length > longestHeader)
    throw badFile(
      source.name,
      `a header of ${length} bytes is beyond the limit of ${longestHeader}`
    )
  const start = prefix + Number(length)
  if (start > source.length)
    throw badFile(
      source.name,
      `the header of ${length} bytes is truncated: the file has ${source.length}`
    )
  const bytes = source.read(prefix, Number(length))
  return { header: parseHeader(source.name, bytes, source.length - start), start }
}

/** The tensors by name, in the order of the header; on the file's pages where `isMapped`. */
export function readSafetensors(
  source: Source,
  device: string,
  isMapped: boolean
): Record<string, Tensor> {
  const { header, start } = readHeader(source)
  const result: Record<string, Tensor> = {}
  for (const { name, dtype, shape, begin, end } of header.entries) {
    using there = source.storage(start + begin, end - begin, isMapped)
    const isAligned = (start + begin) % itemSize(dtype) === 0
    using aligned = isAligned ? null : there.clone()
    using moved = device === 'cpu' ? null : (aligned ?? there).to(device)
    const placing = { dtype, offset: 0, shape, strides: rowMajor(shape) }
    setEntry(result, name, tensorOn(moved ?? aligned ?? there, placing))
  }
  return result
}

/** The texts of `__metadata__`. */
export function readMetadata(source: Source): Record<string, string> {
  return readHeader(source).header.metadata
}
