/**
 * One layer of a transformer's decoder.
 */
import type { Tensor } from '../../../tensor'
import { keywords, type Optional } from '../../keywords'
import { Module } from '../../module'
import { activationFunction } from './activation'
import { type LayerArguments, layerOptions } from './layer_options'
import { MultiheadAttention } from './multihead_attention'
import { Dropout } from '../dropout'
import { LayerNorm } from '../layer_norm'
import { Linear } from '../linear'

export interface DecoderMasks {
  /** `[T, T]` or `[N * nhead, T, T]`: pairs of the target that are not seen. Default null. */
  tgtMask?: Tensor | null
  /** `[T, S]` or `[N * nhead, T, S]`: pairs of target and memory. Default null. */
  memoryMask?: Tensor | null
  /** `[N, T]`: what of the target is padding. Default null. */
  tgtKeyPaddingMask?: Tensor | null
  /** `[N, S]`: what of the memory is padding. Default null. */
  memoryKeyPaddingMask?: Tensor | null
  /**
   * Says of `tgtMask` that it hides what comes later. Default false; where a whole decoder is not told,
   * it looks, from libtorch 2.0 on.
   */
  tgtIsCausal?: boolean | null
  /** Says so of `memoryMask`. Default false. */
  memoryIsCausal?: boolean
}

export const decoderMasks = [
  'tgtMask',
  'memoryMask',
  'tgtKeyPaddingMask',
  'memoryKeyPaddingMask',
  'tgtIsCausal',
  'memoryIsCausal'
] as const

export type DecoderArguments = Optional<
  [
    tgtMask: Tensor | null,
    memoryMask: Tensor | null,
    tgtKeyPaddingMask: Tensor | null,
    memoryKeyPaddingMask: Tensor | null,
    tgtIsCausal: boolean | null,
    memoryIsCausal: boolean
  ],
  DecoderMasks
>

/**
 * Attention of the target to itself, attention of it to the encoder's output, then two linear layers;
 * each added to its input and normalised as in TransformerEncoderLayer.
 *
 * Target and output `[T, N, dModel]`, memory `[S, N, dModel]`; with `batchFirst` N comes first,
 * unbatched it is not there.
 * @throws RangeError where nhead does not divide dModel, and for shapes that do not fit; TypeError for
 * masks of another dtype
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html
 */
export class TransformerDecoderLayer extends Module {
  self_attn: MultiheadAttention
  multihead_attn: MultiheadAttention
  linear1: Linear
  dropout: Dropout
  linear2: Linear
  readonly normFirst: boolean
  norm1: LayerNorm
  norm2: LayerNorm
  norm3: LayerNorm
  dropout1: Dropout
  dropout2: Dropout
  dropout3: Dropout
  activation: (input: Tensor) => Tensor

  constructor(dModel: number, nhead: number, ...rest: LayerArguments) {
    const options = layerOptions('TransformerDecoderLayer', rest)
    const { dimFeedforward, dropout, eps, batchFirst, normFirst, bias, device, dtype } = options
    const activation = activationFunction(options.activation)
    super()
    const place = { bias, device, dtype }
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst, ...place })
    this.multihead_attn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst, ...place })
    this.linear1 = new Linear(dModel, dimFeedforward, place)
    this.dropout = new Dropout(dropout)
    this.linear2 = new Linear(dimFeedforward, dModel, place)
    this.normFirst = normFirst
    this.norm1 = new LayerNorm(dModel, { eps, ...place })
    this.norm2 = new LayerNorm(dModel, { eps, ...place })
    this.norm3 = new LayerNorm(dModel, { eps, ...place })
    this.dropout1 = new Dropout(dropout)
    this.dropout2 = new Dropout(dropout)
    this.dropout3 = new Dropout(dropout)
    this.activation = activation
  }

  override forward(tgt: Tensor, memory: Tensor, ...rest: DecoderArguments): Tensor {
    const given = keywords<DecoderMasks>('TransformerDecoderLayer', rest, decoderMasks)
    if (this.normFirst) {
      let x = tgt.add(this.attended(this.norm1(tgt), given))
      x = x.add(this.remembered(this.norm2(x), memory, given))
      return x.add(this.fed(this.norm3(x)))
    }
    let x = this.norm1(tgt.add(this.attended(tgt, given)))
    x = this.norm2(x.add(this.remembered(x, memory, given)))
    return this.norm3(x.add(this.fed(x)))
  }

  private attended(x: Tensor, given: DecoderMasks): Tensor {
    const options = {
      attnMask: given.tgtMask,
      keyPaddingMask: given.tgtKeyPaddingMask,
      isCausal: given.tgtIsCausal ?? false,
      needWeights: false
    }
    return this.dropout1(this.self_attn(x, x, x, options)[0])
  }

  private remembered(x: Tensor, memory: Tensor, given: DecoderMasks): Tensor {
    const options = {
      attnMask: given.memoryMask,
      keyPaddingMask: given.memoryKeyPaddingMask,
      isCausal: given.memoryIsCausal,
      needWeights: false
    }
    return this.dropout2(this.multihead_attn(x, memory, memory, options)[0])
  }

  private fed(x: Tensor): Tensor {
    return this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x)))))
  }
}
