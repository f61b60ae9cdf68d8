/**
 * torch.nn.utils.rnn: sequences of different lengths in one batch.
 * Source: https://pytorch.org/docs/stable/nn.html#utility-functions
 */
import { inspect } from 'node:util'

import { boolean, finite, integer, oneOf, rangeError, typeError } from '../../check'
import { arange, emptyLike } from '../../creation'
import { refuse } from '../../compile/tape'
import { tensor as makeTensor } from '../../data'
import type { DType } from '../../dtype'
import { type Tensor, isTensor, tensorArgument } from '../../tensor'
import { operator } from '../define'
import { keywords, type Optional } from '../keywords'
import { isBefore } from '../version'

const scatter_ = operator('scatter_')
const pack = operator<(...args: unknown[]) => [Tensor, Tensor]>('_pack_padded_sequence')
const unpack = operator<(...args: unknown[]) => [Tensor, Tensor]>('_pad_packed_sequence')
const pad = operator('pad_sequence')

/** The permutation that undoes `permutation`, of int64; null of null. */
export function invertPermutation(permutation: Tensor | null): Tensor | null {
  if (permutation === null) return null
  const { device, dtype } = tensorArgument('permutation', permutation)
  if (dtype !== 'int64') throw typeError('permutation', "a tensor of dtype 'int64'", dtype)
  const places = arange(0, permutation.numel(), { device, dtype })
  return scatter_(emptyLike(permutation.contiguous()), 0, permutation, places)
}

/** Numbers of a tensor of int64 on the CPU, of one dimension. */
function counts(name: string, value: unknown): number[] {
  refuse(`'${name}' of a PackedSequence, which are read`, 'pack the sequences outside of the step')
  const { dtype, device, ndim } = tensorArgument(name, value)
  if (dtype !== 'int64' || device !== 'cpu' || ndim !== 1) {
    const got = `${dtype} on ${device} of ${ndim} dimensions`
    throw typeError(name, "a tensor of 'int64' on the CPU of 1 dimension", got)
  }
  return ((value as Tensor).tolist() as unknown[]).map(Number)
}

/**
 * The steps of several sequences without padding: `data` `[sum of lengths, *]` holds the first steps
 * of all, then all second ones; `batchSizes` (int64, on the CPU) tells how many there are of each.
 * `sortedIndices` is the order in which the sequences lie, `unsortedIndices` undoes it; null for that
 * of their lengths. Made by `packSequence` and `packPaddedSequence`; every recurrent layer takes one.
 * @throws TypeError for tensors of another kind, RangeError for sizes that do not fit `data`
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html
 */
export class PackedSequence {
  readonly data: Tensor
  readonly batchSizes: Tensor
  readonly sortedIndices: Tensor | null
  readonly unsortedIndices: Tensor | null
  /** How many sequences there are. */
  readonly batchSize: number

  constructor(
    data: Tensor,
    batchSizes: Tensor,
    sortedIndices: Tensor | null = null,
    unsortedIndices: Tensor | null = invertPermutation(sortedIndices)
  ) {
    const { shape } = tensorArgument('data', data)
    const sizes = counts('batchSizes', batchSizes)
    const steps = sizes.reduce((sum, size) => sum + size, 0)
    const descend = sizes.every((size, i) => size > 0 && size <= (sizes[i - 1] ?? size))
    if (sizes.length === 0 || !descend || steps !== shape[0]) {
      const expected = `sizes above 0 that do not grow and sum up to data.shape[0] = ${shape[0]}`
      throw rangeError('batchSizes', expected, `[${sizes.join(', ')}]`, 'use packSequence')
    }
    this.data = data
    this.batchSizes = batchSizes
    this.sortedIndices = sortedIndices && tensorArgument('sortedIndices', sortedIndices)
    this.unsortedIndices = unsortedIndices && tensorArgument('unsortedIndices', unsortedIndices)
    this.batchSize = sizes[0] as number
  }

  /** With `data` on another device or of another dtype. */
  to(target: string | { device?: string; dtype?: DType }): PackedSequence {
    const data = this.data.to(target as never)
    const moved = (indices: Tensor | null) => indices?.to({ device: data.device }) ?? null
    const { batchSizes, sortedIndices, unsortedIndices } = this
    return new PackedSequence(data, batchSizes, moved(sortedIndices), moved(unsortedIndices))
  }

  /** As Python prints it. */
  toString(): string {
    const { data, batchSizes, sortedIndices, unsortedIndices } = this
    const text = (one: Tensor | null) => (one ? String(one) : 'None')
    return (
      `PackedSequence(data=${text(data)}, batch_sizes=${text(batchSizes)}, ` +
      `sorted_indices=${text(sortedIndices)}, unsorted_indices=${text(unsortedIndices)})`
    )
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

function packedArgument(name: string, value: unknown): PackedSequence {
  if (value instanceof PackedSequence) return value
  throw typeError(name, 'a PackedSequence', value, 'make one with packSequence(sequences)')
}

function sequenceList(value: unknown): Tensor[] {
  if (isTensor(value)) return value.unbind(0)
  if (!Array.isArray(value) || value.length === 0) {
    throw typeError('sequences', 'an array of at least one tensor', value)
  }
  return value.map((one, i) => {
    const sequence = tensorArgument(`sequences[${i}]`, one)
    if (sequence.ndim === 0) throw rangeError(`sequences[${i}]`, 'at least 1 dimension', 0)
    return sequence
  })
}

/** Lengths as numbers; a tensor's lie on the CPU. */
function lengthList(value: unknown, least: number, most: number): number[] {
  if (!isTensor(value) && !Array.isArray(value)) {
    throw typeError('lengths', 'an array or a tensor of integers', value)
  }
  const lengths = isTensor(value) ? counts('lengths', value.to({ dtype: 'int64' })) : value
  return lengths.map((length, i) => integer(`lengths[${i}]`, length, least, most))
}

export interface PackOptions {
  /** Whether `input` is `[B, T, *]` in place of `[T, B, *]`. Default false. */
  batchFirst?: boolean
  /** Whether lengths that are not in descending order are an error. Default true. */
  enforceSorted?: boolean
}

/**
 * Packs a padded batch `[T, B, *]`. `lengths` are those of the B sequences, from 1 to T.
 * @throws RangeError for lengths out of bounds, too few or too many, or that grow while
 * `enforceSorted`
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: Tensor | readonly number[],
  ...rest: Optional<[batchFirst: boolean, enforceSorted: boolean], PackOptions>
): PackedSequence {
  const { batchFirst = false, enforceSorted = true } = keywords<PackOptions>(
    'packPaddedSequence',
    rest,
    ['batchFirst', 'enforceSorted']
  )
  boolean('batchFirst', batchFirst)
  boolean('enforceSorted', enforceSorted)
  const { shape, device } = tensorArgument('input', input)
  if (shape.length < 2) throw rangeError('input', 'at least 2 dimensions', shape.length)
  const [batch, steps] = (batchFirst ? shape : [shape[1], shape[0]]) as [number, number]
  const given = lengthList(lengths, 1, steps)
  if (given.length !== batch) throw rangeError('lengths', `${batch} lengths`, given.length)
  const wanted = makeTensor(given, { dtype: 'int64' })
  if (enforceSorted) {
    if (given.some((length, i) => i > 0 && length > (given[i - 1] as number))) {
      const got = `[${given.join(', ')}]`
      throw rangeError('lengths', 'descending order', got, 'pass { enforceSorted: false }')
    }
    return new PackedSequence(...pack(input, wanted, batchFirst))
  }
  const [sorted, order] = wanted.sort({ descending: true }) as [Tensor, Tensor]
  const indices = order.to({ device })
  const ordered = input.indexSelect(batchFirst ? 0 : 1, indices)
  return new PackedSequence(...pack(ordered, sorted, batchFirst), indices)
}

export interface PadPackedOptions {
  /** Whether the result is `[B, T, *]` in place of `[T, B, *]`. Default false. */
  batchFirst?: boolean
  /** What is filled in. Default 0. */
  paddingValue?: number
  /** Length to pad to; by default that of the longest sequence. */
  totalLength?: number | null
}

/**
 * The padded batch `[T, B, *]` of a packed one and the sequences' lengths, in their first order.
 * @throws RangeError for a `totalLength` below the longest length
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html
 */
export function padPackedSequence(
  sequence: PackedSequence,
  ...rest: Optional<
    [batchFirst: boolean, paddingValue: number, totalLength: number | null],
    PadPackedOptions
  >
): [padded: Tensor, lengths: Tensor] {
  const given = keywords<PadPackedOptions>('padPackedSequence', rest, [
    'batchFirst',
    'paddingValue',
    'totalLength'
  ])
  const { batchFirst = false, paddingValue = 0, totalLength = null } = given
  boolean('batchFirst', batchFirst)
  if (typeof paddingValue !== 'number') throw typeError('paddingValue', 'a number', paddingValue)
  const { data, batchSizes, unsortedIndices } = packedArgument('sequence', sequence)
  const longest = batchSizes.numel()
  const total = totalLength === null ? longest : integer('totalLength', totalLength, longest)
  const [padded, lengths] = unpack(data, batchSizes, batchFirst, paddingValue, total)
  if (!unsortedIndices) return [padded, lengths]
  const order = unsortedIndices.to({ device: 'cpu' })
  return [padded.indexSelect(batchFirst ? 0 : 1, unsortedIndices), lengths.indexSelect(0, order)]
}

export interface PadOptions {
  /** Whether the result is `[B, T, *]` in place of `[T, B, *]`. Default false. */
  batchFirst?: boolean
  /** What is filled in. Default 0. */
  paddingValue?: number
  /** Where. Default `'right'`; `'left'` needs libtorch 2.5. */
  paddingSide?: 'left' | 'right'
}

/**
 * Sequences `[length, *]` in one tensor `[T, B, *]`, padded to the longest one's length T.
 * @throws TypeError for an empty list; Error for the left side before libtorch 2.5
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html
 */
export function padSequence(
  sequences: Tensor | readonly Tensor[],
  ...rest: Optional<
    [batchFirst: boolean, paddingValue: number, paddingSide: 'left' | 'right'],
    PadOptions
  >
): Tensor {
  const given = keywords<PadOptions>('padSequence', rest, [
    'batchFirst',
    'paddingValue',
    'paddingSide'
  ])
  const { batchFirst = false, paddingValue = 0, paddingSide = 'right' } = given
  boolean('batchFirst', batchFirst)
  finite('paddingValue', paddingValue)
  oneOf('paddingSide', paddingSide, ['left', 'right'])
  const list = sequenceList(sequences)
  if (paddingSide === 'right') return pad(list, batchFirst, paddingValue)
  if (isBefore(2, 5)) {
    throw new Error("paddingSide: 'left' needs libtorch 2.5 or newer; flip the sequences instead")
  }
  return pad(list, batchFirst, paddingValue, paddingSide)
}

/**
 * The sequences `[length, *]` of a padded batch `[T, B, *]`: views of it.
 * @throws RangeError for lengths out of bounds, too few or too many
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpad_sequence.html
 */
export function unpadSequence(
  paddedSequences: Tensor,
  lengths: Tensor | readonly number[],
  ...rest: Optional<[batchFirst: boolean], { batchFirst?: boolean }>
): Tensor[] {
  const { batchFirst = false } = keywords<{ batchFirst?: boolean }>('unpadSequence', rest, [
    'batchFirst'
  ])
  boolean('batchFirst', batchFirst)
  const { shape } = tensorArgument('paddedSequences', paddedSequences)
  if (shape.length < 2) throw rangeError('paddedSequences', 'at least 2 dimensions', shape.length)
  const [batch, steps] = (batchFirst ? shape : [shape[1], shape[0]]) as [number, number]
  const wanted = lengthList(lengths, 0, steps)
  if (wanted.length !== batch) throw rangeError('lengths', `${batch} lengths`, wanted.length)
  const rows = paddedSequences.unbind(batchFirst ? 0 : 1)
  return rows.map((row, i) => row.narrow(0, 0, wanted[i] as number))
}

/**
 * Packs sequences `[length, *]`.
 * @throws RangeError for lengths that grow, unless `{ enforceSorted: false }`
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_sequence.html
 */
export function packSequence(
  sequences: readonly Tensor[],
  ...rest: Optional<[enforceSorted: boolean], { enforceSorted?: boolean }>
): PackedSequence {
  const { enforceSorted = true } = keywords<{ enforceSorted?: boolean }>('packSequence', rest, [
    'enforceSorted'
  ])
  const list = sequenceList(sequences)
  const lengths = list.map(({ shape }) => shape[0] as number)
  return packPaddedSequence(padSequence(list), lengths, { enforceSorted })
}

/**
 * The sequences of a packed batch, in their first order.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpack_sequence.html
 */
export function unpackSequence(packedSequences: PackedSequence): Tensor[] {
  const [padded, lengths] = padPackedSequence(packedSequences, { batchFirst: true })
  return unpadSequence(padded, lengths, { batchFirst: true })
}
