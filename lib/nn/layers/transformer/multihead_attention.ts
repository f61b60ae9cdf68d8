/**
 * Attention of several heads.
 */
import { boolean, finite, integer, options as checkOptions, rangeError } from '../../../check'
import { type Tensor, tensorArgument } from '../../../tensor'
import { multiHeadAttentionForward } from '../../functional/attention'
import { addedMask, isFloat, maskArgument } from '../../functional/attention_masks'
import { constant_, xavierNormal_, xavierUniform_ } from '../../init'
import { keywords, type Optional } from '../../keywords'
import { Module } from '../../module'
import { isBefore } from '../../version'
import { emptyParameter, type FactoryOptions } from '../factory'
import { mergedMask, nativeAttention, unrecorded } from './fast_path'
import { Linear } from '../linear'

export interface MultiheadAttentionOptions extends FactoryOptions {
  /** Probability of zeroing an attention weight, when training. Default 0. */
  dropout?: number
  /** Whether the products have biases. Default true. */
  bias?: boolean
  /** Whether a learnt key and value (`bias_k`, `bias_v`) follow the given ones. Default false. */
  addBiasKv?: boolean
  /** Whether a key and value of zeros follow the given ones. Default false. */
  addZeroAttn?: boolean
  /** Width of the keys. Default embedDim. */
  kdim?: number | null
  /** Width of the values. Default embedDim. */
  vdim?: number | null
  /** Whether inputs and output are `[N, L, E]` in place of `[L, N, E]`. Default false. */
  batchFirst?: boolean
}

export interface AttentionOptions {
  /** `[N, S]`: keys that are not seen, where true or minus infinity. Default null. */
  keyPaddingMask?: Tensor | null
  /** Whether the weights are returned too. Default true; false is faster. */
  needWeights?: boolean
  /** `[L, S]` or `[N * numHeads, L, S]`: pairs that are not seen, or what is added to scores. */
  attnMask?: Tensor | null
  /** Whether the weights are averaged over the heads. Default true. */
  averageAttnWeights?: boolean
  /** Says of `attnMask`, which must be given, that it hides what comes later. Default false. */
  isCausal?: boolean
}

const known = [
  'dropout',
  'bias',
  'addBiasKv',
  'addZeroAttn',
  'kdim',
  'vdim',
  'batchFirst',
  'device',
  'dtype'
] as const

const optional = [
  'keyPaddingMask',
  'needWeights',
  'attnMask',
  'averageAttnWeights',
  'isCausal'
] as const

function draw(layer: MultiheadAttention): void {
  const { in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight } = layer
  for (const weight of [in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight]) {
    if (weight) xavierUniform_(weight)
  }
  if (layer.in_proj_bias && layer.out_proj.bias) {
    constant_(layer.in_proj_bias, 0)
    constant_(layer.out_proj.bias, 0)
  }
  for (const bias of [layer.bias_k, layer.bias_v]) if (bias) xavierNormal_(bias)
}

/** Python's name of the last product: one that dynamic quantization leaves alone. */
class NonDynamicallyQuantizableLinear extends Linear {}

/**
 * softmax(q k^T / sqrt(E / numHeads)) v for each head, q, k and v being linear maps of query, key and
 * value, then a linear map of all heads together.
 *
 * Query `[L, N, E]`, key `[S, N, kdim]`, value `[S, N, vdim]`, E being embedDim; with `batchFirst`
 * `[N, L, E]` and so on, unbatched `[L, E]`. Returns `[output, weights]`: output of the query's shape,
 * weights `[N, L, S]`, by head `[N, numHeads, L, S]`, null where `needWeights` is false.
 *
 * `in_proj_weight` `[3 E, E]` (null where kdim or vdim differ: `q_proj_weight`, `k_proj_weight`,
 * `v_proj_weight` are there then) and `out_proj.weight` `[E, E]` are drawn as Xavier's and Linear's,
 * `in_proj_bias` `[3 E]` and `out_proj.bias` `[E]` are zeros first.
 * @throws RangeError where numHeads does not divide embedDim, and for shapes that do not fit;
 * TypeError for masks of another dtype
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
 */
export class MultiheadAttention extends Module {
  q_proj_weight: Tensor | null
  k_proj_weight: Tensor | null
  v_proj_weight: Tensor | null
  in_proj_weight: Tensor | null
  in_proj_bias: Tensor | null
  out_proj: Linear
  bias_k: Tensor | null
  bias_v: Tensor | null
  readonly embedDim: number
  readonly numHeads: number
  readonly headDim: number
  readonly kdim: number
  readonly vdim: number
  dropout: number
  readonly addZeroAttn: boolean
  readonly batchFirst: boolean

  constructor(embedDim: number, numHeads: number, options?: MultiheadAttentionOptions) {
    const given = checkOptions<MultiheadAttentionOptions>('MultiheadAttention', options, known)
    const { dropout = 0, bias = true, addBiasKv = false, addZeroAttn = false } = given
    const { batchFirst = false, device, dtype } = given
    integer('embedDim', embedDim, 1)
    integer('numHeads', numHeads, 1)
    if (embedDim % numHeads !== 0) {
      throw rangeError('numHeads', `a divisor of embedDim = ${embedDim}`, numHeads)
    }
    const kdim = integer('kdim', given.kdim ?? embedDim, 1)
    const vdim = integer('vdim', given.vdim ?? embedDim, 1)
    if (finite('dropout', dropout) < 0 || dropout > 1) {
      throw rangeError('dropout', 'a probability from 0 to 1', dropout)
    }
    boolean('bias', bias)
    boolean('addBiasKv', addBiasKv)
    super()
    this.embedDim = embedDim
    this.numHeads = numHeads
    this.headDim = embedDim / numHeads
    this.kdim = kdim
    this.vdim = vdim
    this.dropout = dropout
    this.addZeroAttn = boolean('addZeroAttn', addZeroAttn)
    this.batchFirst = boolean('batchFirst', batchFirst)
    const made = (...shape: number[]) => emptyParameter(shape, { device, dtype })
    const isSame = kdim === embedDim && vdim === embedDim
    this.q_proj_weight = isSame ? null : made(embedDim, embedDim)
    this.k_proj_weight = isSame ? null : made(embedDim, kdim)
    this.v_proj_weight = isSame ? null : made(embedDim, vdim)
    this.in_proj_weight = isSame ? made(3 * embedDim, embedDim) : null
    this.in_proj_bias = bias ? made(3 * embedDim) : null
    this.out_proj = new NonDynamicallyQuantizableLinear(embedDim, embedDim, { bias, device, dtype })
    this.bias_k = addBiasKv ? made(1, 1, embedDim) : null
    this.bias_v = addBiasKv ? made(1, 1, embedDim) : null
    draw(this)
  }

  override forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    ...rest: Optional<
      [
        keyPaddingMask: Tensor | null,
        needWeights: boolean,
        attnMask: Tensor | null,
        averageAttnWeights: boolean,
        isCausal: boolean
      ],
      AttentionOptions
    >
  ): [output: Tensor, weights: Tensor | null] {
    const given = keywords<AttentionOptions>('MultiheadAttention', rest, optional)
    const { needWeights = true, averageAttnWeights = true, isCausal = false } = given
    boolean('needWeights', needWeights)
    boolean('averageAttnWeights', averageAttnWeights)
    boolean('isCausal', isCausal)
    const keyPaddingMask = maskArgument('keyPaddingMask', given.keyPaddingMask)
    // Before 2.0 masks of bytes are masks of booleans.
    const bytes = isBefore(2, 0) && given.attnMask?.dtype === 'uint8'
    const attnMask = maskArgument('attnMask', bytes ? given.attnMask?.to('bool') : given.attnMask)
    const isBatched = tensorArgument('query', query).ndim === 3

    if (query === key && key === value && this.mayBeFast(query, keyPaddingMask, attnMask)) {
      const dtype = query.dtype
      const old = isBefore(2, 0)
      const padding = old ? keyPaddingMask : addedMask('keyPaddingMask', keyPaddingMask, dtype)
      const mask = old ? null : addedMask('attnMask', attnMask, dtype)
      const both = mergedMask(mask, padding, query, this.numHeads)
      return nativeAttention(this, query, both, needWeights, averageAttnWeights)
    }

    let [q, k, v] = [query, tensorArgument('key', key), tensorArgument('value', value)]
    if (this.batchFirst && isBatched) {
      // Inputs that are one tensor stay one: their maps are one product.
      q = query.transpose(1, 0)
      k = key === query ? q : key.transpose(1, 0)
      v = value === key ? k : value.transpose(1, 0)
    }
    const [output, weights] = multiHeadAttentionForward(
      q,
      k,
      v,
      this.embedDim,
      this.numHeads,
      this.in_proj_weight,
      this.in_proj_bias,
      this.bias_k,
      this.bias_v,
      this.addZeroAttn,
      this.dropout,
      this.out_proj.weight,
      this.out_proj.bias,
      {
        training: this.training,
        keyPaddingMask,
        needWeights,
        attnMask,
        useSeparateProjWeight: this.in_proj_weight === null,
        qProjWeight: this.q_proj_weight,
        kProjWeight: this.k_proj_weight,
        vProjWeight: this.v_proj_weight,
        averageAttnWeights,
        isCausal
      }
    )
    return [this.batchFirst && isBatched ? output.transpose(1, 0) : output, weights]
  }

  /** Whether libtorch's one operator does the same, as PyTorch's layer of that version decides. */
  private mayBeFast(query: Tensor, padding: Tensor | null, mask: Tensor | null): boolean {
    const { in_proj_weight, in_proj_bias, out_proj, training, batchFirst, numHeads } = this
    if (training || !batchFirst || numHeads % 2 === 1 || query.ndim !== 3) return false
    if (!in_proj_weight || !in_proj_bias || !out_proj.bias) return false
    if (this.bias_k || this.bias_v || this.addZeroAttn) return false
    const { dtype } = query
    if (in_proj_weight.dtype !== dtype || in_proj_bias.dtype !== dtype) return false
    if (isBefore(2, 0)) {
      if (this.dropout !== 0 || mask) return false
    } else if ((mask && isFloat(mask)) || (padding && isFloat(padding))) {
      return false
    }
    return unrecorded(query, in_proj_weight, in_proj_bias, out_proj.weight, out_proj.bias)
  }
}
