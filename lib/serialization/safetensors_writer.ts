/**
 * Writing .safetensors.
 * Source: https://huggingface.co/docs/safetensors
 */
import { types } from 'node:util'

import { typeError } from '../check'
import { type DType, itemSize } from '../dtype'
import { type Tensor, isTensor } from '../tensor'
import type { Output } from '../atomic_file'
import { dtypes, longestHeader } from './safetensors_header'
import { eachPart, savedTensor } from './storage'
import { isPlain, isWellFormed } from '../plain'

const names = Object.fromEntries(Object.entries(dtypes).map(([name, dtype]) => [dtype, name]))

/** Where data begins and, as far as dtypes allow, each tensor: what the format's own writer does. */
const alignment = 8

interface Item {
  name: string
  tensor: Tensor
  dtype: DType
  bytes: number
}

/**
 * Checks everything, then gives a function that writes it.
 * @throws TypeError for anything but an object (or Map) of tensors by name
 */
export function prepareSafetensors(
  value: unknown,
  metadata: Record<string, string> | undefined
): (output: Output) => void {
  const items = itemsOf(value)
  const header: Record<string, unknown> = Object.create(null)
  if (metadata !== undefined) header['__metadata__'] = checkedMetadata(metadata)
  let end = 0
  for (const { name, tensor, dtype, bytes } of items) {
    const begin = end
    end += bytes
    header[name] = { dtype: names[dtype], shape: tensor.shape, data_offsets: [begin, end] }
  }
  const text = Buffer.from(JSON.stringify(header))
  const padded = Math.ceil(text.length / alignment) * alignment
  if (padded > longestHeader)
    throw typeError(
      'value',
      `names that fit into ${longestHeader} bytes`,
      `${padded} bytes of them`
    )
  return (output) => {
    const start = Buffer.alloc(8 + padded, ' ')
    start.writeBigUInt64LE(BigInt(padded), 0)
    text.copy(start, 8)
    output.write(start)
    for (const { tensor, bytes } of items) {
      // A copy of one tensor at a time.
      using copy = tensor.detach().contiguous()
      const { storage, dtype } = savedTensor('value', copy)
      eachPart(copy, storage.offset * itemSize(dtype), bytes, (part) => output.write(part))
    }
  }
}

function itemsOf(value: unknown): Item[] {
  const isObject = typeof value === 'object' && value !== null && !isTensor(value)
  if (!types.isMap(value) && !(isObject && isPlain(value))) {
    throw typeError(
      'value',
      'an object of tensors by name for .safetensors',
      value,
      'pass model.stateDict(), or save to .pt'
    )
  }
  const pairs: [unknown, unknown][] = types.isMap(value) ? [...value] : Object.entries(value)
  const items = pairs.map(([name, tensor]): Item => {
    if (typeof name !== 'string') throw typeError('value', 'names that are strings', name)
    if (name === '__metadata__')
      throw typeError(`value['${name}']`, 'another name', name, 'this one is for { metadata }')
    if (!isWellFormed(name)) throw typeError('value', 'names without halves of characters', name)
    if (!isTensor(tensor))
      throw typeError(`value['${name}']`, 'a Tensor for .safetensors', tensor, 'save to .pt')
    const saved = savedTensor(`value['${name}']`, tensor)
    if (names[saved.dtype] === undefined) {
      const remedy = 'save to .pt, or as two real tensors'
      throw typeError(`value['${name}']`, `a dtype that .safetensors has`, saved.dtype, remedy)
    }
    const bytes = tensor.numel() * itemSize(saved.dtype)
    return { name, tensor: saved.tensor, dtype: saved.dtype, bytes }
  })
  // Wide elements first, so that each tensor lies at a multiple of its element.
  return items.sort((a, b) => itemSize(b.dtype) - itemSize(a.dtype))
}

function checkedMetadata(metadata: Record<string, string>): Record<string, string> {
  const isObject = typeof metadata === 'object' && metadata !== null && isPlain(metadata)
  if (!isObject) throw typeError('metadata', 'an object of strings', metadata)
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text !== 'string') throw typeError(`metadata['${key}']`, 'a string', text)
    if (!isWellFormed(key + text))
      throw typeError(`metadata['${key}']`, 'a string without halves of characters', text)
  }
  return metadata
}
