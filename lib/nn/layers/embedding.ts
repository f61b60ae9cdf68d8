/**
 * Tables of vectors, looked up by number.
 */
import { boolean, finite, integer, options as checkOptions, oneOf, rangeError } from '../../check'
import { empty } from '../../creation'
import { noGrad } from '../../modes'
import { type Tensor, tensorArgument } from '../../tensor'
import * as F from '../functional'
import { normal_ } from '../init'
import { Module } from '../module'
import { Parameter } from '../parameter'
import { isBefore } from '../version'
import type { FactoryOptions } from './factory'
import { pythonFloat } from '../../python_text'

/** Options that both classes have. */
interface TableOptions {
  /** A row that stays as it is, first 0, and gets no gradient; negative ones count from the last. */
  paddingIdx?: number | null
  /** Rows that are looked up and are longer than this are shortened, in the table itself. */
  maxNorm?: number | null
  /** The p of the norm that maxNorm limits. Default 2. */
  normType?: number
  /** Whether gradients are divided by how often a row occurs in the input. Default false. */
  scaleGradByFreq?: boolean
  /** Whether the gradient of `weight` is a sparse tensor. Default false. */
  sparse?: boolean
}

const tableOptions = ['paddingIdx', 'maxNorm', 'normType', 'scaleGradByFreq', 'sparse'] as const
const factoryOptions = ['device', 'dtype'] as const

class Table extends Module {
  weight: Tensor
  readonly numEmbeddings: number
  readonly embeddingDim: number
  readonly paddingIdx: number | null
  maxNorm: number | null
  normType: number
  scaleGradByFreq: boolean
  sparse: boolean

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: TableOptions & FactoryOptions,
    weight: Tensor | null,
    freeze = false
  ) {
    super()
    this.numEmbeddings = integer('numEmbeddings', numEmbeddings)
    this.embeddingDim = integer('embeddingDim', embeddingDim)
    const { paddingIdx = null, maxNorm = null, device, dtype } = options
    this.paddingIdx = paddingIdx === null ? null : rowOf(numEmbeddings, paddingIdx)
    this.maxNorm = maxNorm === null ? null : finite('maxNorm', maxNorm)
    this.normType = finite('normType', options.normType ?? 2)
    this.scaleGradByFreq = boolean('scaleGradByFreq', options.scaleGradByFreq ?? false)
    this.sparse = boolean('sparse', options.sparse ?? false)
    const made = weight ?? empty([numEmbeddings, embeddingDim], { device, dtype })
    this.weight = Parameter(made, !freeze)
    if (weight) return
    normal_(this.weight)
    const row = this.paddingIdx
    if (row !== null) noGrad(() => this.weight.select(0, row).fill_(0))
  }
}

/** A row's number from 0 on. */
function rowOf(rows: number, index: number): number {
  const expected = `a row from ${-rows} to ${rows - 1}`
  integer('paddingIdx', index, Number.MIN_SAFE_INTEGER)
  if (index < -rows || index >= rows) throw rangeError('paddingIdx', expected, index)
  return index < 0 ? rows + index : index
}

function sizesOf(embeddings: Tensor): [number, number] {
  const { shape } = tensorArgument('embeddings', embeddings)
  if (shape.length !== 2) throw rangeError('embeddings', '2 dimensions', shape.length)
  return shape as [number, number]
}

export interface EmbeddingOptions extends TableOptions, FactoryOptions {}

export interface PretrainedEmbeddingOptions extends TableOptions {
  /** Whether the table gets no gradient. Default true. */
  freeze?: boolean
}

/**
 * Rows of `weight` `[numEmbeddings, embeddingDim]`: input `[...]` of whole numbers (int64 or int32),
 * output `[..., embeddingDim]`.
 *
 * `weight` is first drawn from N(0, 1).
 * @throws RangeError for sizes that are negative or not whole, and a paddingIdx outside the table;
 * forward an Error for numbers outside it
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
 */
export class Embedding extends Table {
  constructor(numEmbeddings: number, embeddingDim: number, options?: EmbeddingOptions)
  /** @internal */
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: EmbeddingOptions | undefined,
    weight: Tensor,
    freeze: boolean
  )
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options?: EmbeddingOptions,
    weight: Tensor | null = null,
    freeze = false
  ) {
    const known = [...tableOptions, ...factoryOptions]
    const given = checkOptions<EmbeddingOptions>('Embedding', options, known)
    super(numEmbeddings, embeddingDim, given, weight, freeze)
  }

  /**
   * An Embedding whose `weight` shares the values of `embeddings` `[n, d]`.
   * @throws RangeError for another number of dimensions
   */
  static fromPretrained(embeddings: Tensor, options?: PretrainedEmbeddingOptions): Embedding {
    const { freeze = true, ...rest } = checkOptions<PretrainedEmbeddingOptions>(
      'Embedding.fromPretrained',
      options,
      ['freeze', ...tableOptions]
    )
    return new Embedding(...sizesOf(embeddings), rest, embeddings, boolean('freeze', freeze))
  }

  override forward(input: Tensor): Tensor {
    return F.embedding(
      input,
      this.weight,
      this.paddingIdx,
      this.maxNorm,
      this.normType,
      this.scaleGradByFreq,
      this.sparse
    )
  }

  override extraRepr(): string {
    const { numEmbeddings, embeddingDim, paddingIdx, sparse } = this
    const padding = paddingIdx === null ? '' : `, padding_idx=${paddingIdx}`
    const last = sparse ? ', sparse=True' : ''
    return `${numEmbeddings}, ${embeddingDim}${padding}${normsRepr(this)}${last}`
  }
}

function normsRepr({ maxNorm, normType, scaleGradByFreq }: Table): string {
  return (
    (maxNorm === null ? '' : `, max_norm=${pythonFloat(maxNorm)}`) +
    (normType === 2 ? '' : `, norm_type=${pythonFloat(normType)}`) +
    (scaleGradByFreq ? ', scale_grad_by_freq=True' : '')
  )
}

const modes = ['sum', 'mean', 'max'] as const
type Mode = (typeof modes)[number]

interface BagOptions extends TableOptions {
  /** What is made of a bag's rows. Default `'mean'`. */
  mode?: Mode
  /** Whether the last of the offsets is the input's length. Default false. */
  includeLastOffset?: boolean
}

export interface EmbeddingBagOptions extends BagOptions, FactoryOptions {}

export interface PretrainedEmbeddingBagOptions extends BagOptions {
  /** Whether the table gets no gradient. Default true. */
  freeze?: boolean
}

const bagOptions = [...tableOptions, 'mode', 'includeLastOffset'] as const

/**
 * The mean (or `mode` 'sum', 'max') of bags of rows of `weight` `[numEmbeddings, embeddingDim]`. A bag
 * is a row of the input `[bags, k]`, or with `offsets` `[bags]` what lies in the input `[m]` from one
 * of them to the next. Output `[bags, embeddingDim]`. `perSampleWeights`, of the input's shape,
 * multiply the rows, with mode 'sum' only.
 *
 * `weight` is first drawn from N(0, 1).
 * @throws RangeError for sizes that are negative or not whole, and a paddingIdx outside the table;
 * forward for inputs that make no bags
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html
 */
export class EmbeddingBag extends Table {
  mode: Mode
  includeLastOffset: boolean

  constructor(numEmbeddings: number, embeddingDim: number, options?: EmbeddingBagOptions)
  /** @internal */
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: EmbeddingBagOptions | undefined,
    weight: Tensor,
    freeze: boolean
  )
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options?: EmbeddingBagOptions,
    weight: Tensor | null = null,
    freeze = false
  ) {
    const known = [...bagOptions, ...factoryOptions]
    const given = checkOptions<EmbeddingBagOptions>('EmbeddingBag', options, known)
    super(numEmbeddings, embeddingDim, given, weight, freeze)
    this.mode = oneOf('mode', given.mode ?? 'mean', modes)
    this.includeLastOffset = boolean('includeLastOffset', given.includeLastOffset ?? false)
  }

  /**
   * An EmbeddingBag whose `weight` shares the values of `embeddings` `[n, d]`.
   * @throws RangeError for another number of dimensions
   */
  static fromPretrained(embeddings: Tensor, options?: PretrainedEmbeddingBagOptions): EmbeddingBag {
    const { freeze = true, ...rest } = checkOptions<PretrainedEmbeddingBagOptions>(
      'EmbeddingBag.fromPretrained',
      options,
      ['freeze', ...bagOptions]
    )
    return new EmbeddingBag(...sizesOf(embeddings), rest, embeddings, boolean('freeze', freeze))
  }

  override forward(
    input: Tensor,
    offsets: Tensor | null = null,
    perSampleWeights: Tensor | null = null
  ): Tensor {
    return F.embeddingBag(
      input,
      this.weight,
      offsets,
      this.maxNorm,
      this.normType,
      this.scaleGradByFreq,
      this.mode,
      this.sparse,
      perSampleWeights,
      this.includeLastOffset,
      this.paddingIdx
    )
  }

  override extraRepr(): string {
    const { numEmbeddings, embeddingDim, mode, paddingIdx } = this
    const padding = paddingIdx === null ? '' : `, padding_idx=${paddingIdx}`
    const quoted = isBefore(2, 0) ? mode : `'${mode}'`
    return `${numEmbeddings}, ${embeddingDim}${normsRepr(this)}, mode=${quoted}${padding}`
  }
}
