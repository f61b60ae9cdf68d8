/**
 * What RNN, LSTM and GRU share: their weights, and the ways a sequence comes in.
 */
import { boolean, finite, integer, rangeError } from '../../../check'
import { zeros } from '../../../creation'
import { type Tensor, tensorArgument } from '../../../tensor'
import { operator } from '../../define'
import { uniform_ } from '../../init'
import { keywords } from '../../keywords'
import { Module } from '../../module'
import { PackedSequence } from '../../utils/rnn'
import { emptyParameter, type FactoryOptions } from '../factory'

export interface RecurrentOptions extends FactoryOptions {
  /** How many layers, each over the output of the one below. Default 1. */
  numLayers?: number
  /** Whether there are bias vectors. Default true. */
  bias?: boolean
  /** Whether inputs and outputs are `[N, L, ...]` in place of `[L, N, ...]`. Default false. */
  batchFirst?: boolean
  /** Probability of zeroing what a layer passes to the next one, when training. Default 0. */
  dropout?: number
  /** Whether each layer also runs from the end to the start. Default false. */
  bidirectional?: boolean
}

const known = [
  'numLayers',
  'bias',
  'batchFirst',
  'dropout',
  'bidirectional',
  'device',
  'dtype'
] as const

/** A whole sequence; over packed data, or over a padded batch. */
type SequenceOperator = (...args: unknown[]) => Tensor[]

export interface Kind {
  /** Rows of the weights for each hidden unit. */
  gates: number
  over: SequenceOperator
  overPacked: SequenceOperator
}

export function kind(gates: number, name: string): Kind {
  return {
    gates,
    over: operator<SequenceOperator>(`${name}.input`),
    overPacked: operator<SequenceOperator>(`${name}.data`)
  }
}

/** A state of the user's, with the batch dimension that the operators want. */
function stateArgument(
  name: string,
  value: unknown,
  size: readonly number[],
  isBatched: boolean
): Tensor {
  const state = tensorArgument(name, value)
  const expected = isBatched ? size : [size[0], size[2]]
  const { shape } = state
  if (shape.join() !== expected.join()) {
    throw rangeError(name, `shape [${expected.join(', ')}]`, `[${shape.join(', ')}]`)
  }
  return isBatched ? state : state.unsqueeze(1)
}

type WeightName = `${'weight' | 'bias'}_${'ih' | 'hh' | 'hr'}_l${string}`
type WeightShape = readonly [name: WeightName, shape: readonly number[]]

function weightArgument(name: string, value: unknown, size: readonly number[]): Tensor {
  const { shape } = tensorArgument(name, value)
  if (shape.length === size.length && shape.every((one, i) => one === size[i]))
    return value as Tensor
  throw rangeError(name, `shape [${size.join(', ')}]`, `[${shape.join(', ')}]`)
}

export abstract class RNNBase extends Module {
  readonly inputSize: number
  readonly hiddenSize: number
  readonly numLayers: number
  readonly bias: boolean
  readonly batchFirst: boolean
  dropout: number
  readonly bidirectional: boolean
  /** Width of the output where it is projected; 0 where it is not. LSTM only. */
  readonly projSize: number
  /** Names and shapes of the weights of each layer and direction, in the operators' order. */
  protected readonly weightShapes: readonly (readonly WeightShape[])[];
  /** The weights, by Python's names. */
  [name: WeightName]: Tensor

  constructor(
    gates: number,
    inputSize: number,
    hiddenSize: number,
    given: RecurrentOptions,
    projSize = 0
  ) {
    integer('inputSize', inputSize, 1)
    integer('hiddenSize', hiddenSize, 1)
    const { numLayers = 1, bias = true, batchFirst = false } = given
    const { dropout = 0, bidirectional = false, device, dtype } = given
    integer('numLayers', numLayers, 1)
    if (finite('dropout', dropout) < 0 || dropout > 1) {
      throw rangeError('dropout', 'a probability from 0 to 1', dropout)
    }
    integer('projSize', projSize, 0, hiddenSize - 1)
    super()
    this.inputSize = inputSize
    this.hiddenSize = hiddenSize
    this.numLayers = numLayers
    this.bias = boolean('bias', bias)
    this.batchFirst = boolean('batchFirst', batchFirst)
    this.dropout = dropout
    this.bidirectional = boolean('bidirectional', bidirectional)
    this.projSize = projSize
    const rows = gates * hiddenSize
    const width = projSize || hiddenSize
    const all: WeightShape[][] = []
    for (let layer = 0; layer < numLayers; layer++) {
      const columns = layer === 0 ? inputSize : width * this.directions
      for (const suffix of bidirectional ? ['', '_reverse'] : ['']) {
        const shapes: WeightShape[] = [
          [`weight_ih_l${layer}${suffix}`, [rows, columns]],
          [`weight_hh_l${layer}${suffix}`, [rows, width]]
        ]
        if (bias) {
          shapes.push([`bias_ih_l${layer}${suffix}`, [rows]])
          shapes.push([`bias_hh_l${layer}${suffix}`, [rows]])
        }
        if (projSize > 0) shapes.push([`weight_hr_l${layer}${suffix}`, [projSize, hiddenSize]])
        for (const [key, shape] of shapes) this[key] = emptyParameter(shape, { device, dtype })
        all.push(shapes)
      }
    }
    this.weightShapes = all
    this.resetParameters()
  }

  private get directions(): number {
    return this.bidirectional ? 2 : 1
  }

  /** The weights of each layer and direction. */
  get allWeights(): Tensor[][] {
    return this.weightShapes.map((shapes) => shapes.map(([name]) => this[name] as Tensor))
  }

  /** Draws all weights anew from U(-k, k) with k = 1 / sqrt(hiddenSize). */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize)
    for (const weight of this.parameters()) uniform_(weight, -bound, bound)
  }

  /** Widths of the states, in the operators' order. */
  protected stateWidths(): number[] {
    return [this.hiddenSize]
  }

  /**
   * Runs the sequence from the states `given`, or from zeros.
   * @returns the output, of the input's kind, and the last states
   */
  protected recur<T extends Tensor | PackedSequence>(
    { over, overPacked }: Kind,
    input: T,
    given: readonly unknown[] | null
  ): [T, Tensor[]] {
    const packed = input instanceof PackedSequence ? input : null
    const data = packed ? packed.data : tensorArgument('input', input)
    const { ndim } = data
    if (packed ? ndim !== 2 : ndim !== 2 && ndim !== 3) {
      const expected = packed ? '2 dimensions of packed data' : '2 or 3 dimensions'
      throw rangeError('input', expected, ndim)
    }
    const isBatched = packed !== null || ndim === 3
    const batchDim = this.batchFirst ? 0 : 1
    const sequence = isBatched ? data : data.unsqueeze(batchDim)
    const { shape, dtype, device } = sequence
    if (shape.at(-1) !== this.inputSize) {
      throw rangeError('input', `a last dimension of inputSize = ${this.inputSize}`, shape.at(-1))
    }
    const batch = packed ? packed.batchSize : (shape[batchDim] as number)
    const states = this.stateWidths().map((width, i) => {
      const size = [this.numLayers * this.directions, batch, width]
      if (!given) return zeros(size, { dtype, device })
      const name = given.length === 1 ? 'hx' : `hx[${i}]`
      const state = stateArgument(name, given[i], size, isBatched)
      return packed?.sortedIndices ? state.indexSelect(1, packed.sortedIndices) : state
    })
    // Some kernels would read past the end of a weight that is too small.
    const weights = this.weightShapes
      .flat()
      .map(([key, size]) => weightArgument(key, this[key], size))
    const { bias, numLayers, dropout, training, bidirectional, batchFirst } = this
    const rest = [weights, bias, numLayers, dropout, training, bidirectional]
    const hidden = states.length === 1 ? states[0] : states
    const [output, ...last] = packed
      ? overPacked(sequence, packed.batchSizes, hidden, ...rest)
      : over(sequence, hidden, ...rest, batchFirst)
    if (packed) {
      const { batchSizes, sortedIndices, unsortedIndices } = packed
      const lasts = unsortedIndices ? last.map((one) => one.indexSelect(1, unsortedIndices)) : last
      const made = new PackedSequence(output as Tensor, batchSizes, sortedIndices, unsortedIndices)
      return [made as T, lasts]
    }
    if (isBatched) return [output as T, last]
    return [output?.squeeze(batchDim) as T, last.map((one) => one.squeeze(1))]
  }

  override extraRepr(): string {
    const parts = [`${this.inputSize}, ${this.hiddenSize}`]
    if (this.projSize !== 0) parts.push(`proj_size=${this.projSize}`)
    if (this.numLayers !== 1) parts.push(`num_layers=${this.numLayers}`)
    if (!this.bias) parts.push('bias=False')
    if (this.batchFirst) parts.push('batch_first=True')
    if (this.dropout !== 0) parts.push(`dropout=${this.dropout === 1 ? '1.0' : this.dropout}`)
    if (this.bidirectional) parts.push('bidirectional=True')
    return parts.join(', ')
  }
}

/** The optional arguments of a constructor: the number of layers by position, the rest by name. */
export function recurrentOptions<T extends RecurrentOptions>(
  name: string,
  args: readonly unknown[],
  more: readonly (keyof T & string)[] = []
): T {
  return keywords<T>(name, args, ['numLayers'], [...known.slice(1), ...more])
}

/** What may follow the sizes: `numLayers`, options, or both. */
export type RecurrentArguments<O> = [options?: O] | [numLayers: number, options?: O]
