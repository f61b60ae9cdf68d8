/**
 * One layer of a transformer's encoder.
 */
import { boolean } from '../../../check'
import { type Tensor, tensorArgument } from '../../../tensor'
import { addedMask, maskArgument } from '../../functional/attention_masks'
import { keywords, type Optional } from '../../keywords'
import { Module, hasHooks } from '../../module'
import { isBefore } from '../../version'
import { activationFunction, knownActivation } from './activation'
import { isFastLayer, type MergedMask, mergedMask, runFastLayer } from './fast_path'
import { type LayerArguments, layerOptions } from './layer_options'
import { MultiheadAttention } from './multihead_attention'
import { isNested, markNested } from './nested'
import { Dropout } from '../dropout'
import { LayerNorm } from '../layer_norm'
import { Linear } from '../linear'

export interface EncoderLayerMasks {
  /** `[S, S]` or `[N * nhead, S, S]`: pairs that are not seen. Default null. */
  srcMask?: Tensor | null
  /** `[N, S]`: what of the input is padding. Default null. */
  srcKeyPaddingMask?: Tensor | null
  /** Says of `srcMask`, which must be given, that it hides what comes later. Default false. */
  isCausal?: boolean
}

const noMask: MergedMask = { mask: null, type: null }

/**
 * Attention of a sequence to itself, then two linear layers, each added to its input and normalised:
 * x = norm1(x + attention(x)), x = norm2(x + linear2(activation(linear1(x)))); with `normFirst`
 * x = x + attention(norm1(x)), and so on.
 *
 * Input and output `[S, N, dModel]`, with `batchFirst` `[N, S, dModel]`, unbatched `[S, dModel]`.
 *
 * In eval mode, where autograd follows nothing, with `batchFirst`, an even `nhead`, relu or gelu and no
 * `srcMask` before libtorch 2.0, one operator runs the whole layer, as in Python; its last bits differ.
 * @throws RangeError where nhead does not divide dModel, and for shapes that do not fit; TypeError for
 * masks of another dtype
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
 */
export class TransformerEncoderLayer extends Module {
  self_attn: MultiheadAttention
  linear1: Linear
  dropout: Dropout
  linear2: Linear
  readonly normFirst: boolean
  norm1: LayerNorm
  norm2: LayerNorm
  dropout1: Dropout
  dropout2: Dropout
  activation: (input: Tensor) => Tensor

  constructor(dModel: number, nhead: number, ...rest: LayerArguments) {
    const options = layerOptions('TransformerEncoderLayer', rest)
    const { dimFeedforward, dropout, eps, batchFirst, normFirst, bias, device, dtype } = options
    const activation = activationFunction(options.activation)
    super()
    const place = { bias, device, dtype }
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst, ...place })
    this.linear1 = new Linear(dModel, dimFeedforward, place)
    this.dropout = new Dropout(dropout)
    this.linear2 = new Linear(dimFeedforward, dModel, place)
    this.normFirst = normFirst
    this.norm1 = new LayerNorm(dModel, { eps, ...place })
    this.norm2 = new LayerNorm(dModel, { eps, ...place })
    this.dropout1 = new Dropout(dropout)
    this.dropout2 = new Dropout(dropout)
    this.activation = activation
  }

  override forward(
    src: Tensor,
    ...rest: Optional<
      [srcMask: Tensor | null, srcKeyPaddingMask: Tensor | null, isCausal: boolean],
      EncoderLayerMasks
    >
  ): Tensor {
    const given = keywords<EncoderLayerMasks>('TransformerEncoderLayer', rest, [
      'srcMask',
      'srcKeyPaddingMask',
      'isCausal'
    ])
    const isCausal = boolean('isCausal', given.isCausal ?? false)
    let padding = maskArgument('srcKeyPaddingMask', given.srcKeyPaddingMask)
    let mask = given.srcMask ?? null
    const { dtype } = tensorArgument('src', src)
    if (!isBefore(2, 0)) {
      padding = addedMask('srcKeyPaddingMask', padding, dtype)
      mask = addedMask('srcMask', mask, dtype)
    }
    if (this.mayBeFast(src) && !(isBefore(2, 0) && mask)) {
      const isGelu = knownActivation(this.activation) === 'gelu'
      if (isNested(src)) return markNested(runFastLayer(this, isGelu, src, noMask))
      const both = mergedMask(mask, padding, src, this.self_attn.numHeads)
      return runFastLayer(this, isGelu, src, both)
    }
    if (this.normFirst) {
      const x = src.add(this.attended(this.norm1(src), mask, padding, isCausal))
      return x.add(this.fed(this.norm2(x)))
    }
    const x = this.norm1(src.add(this.attended(src, mask, padding, isCausal)))
    return this.norm2(x.add(this.fed(x)))
  }

  /** @internal Whether one operator does the same, but for what masks there are. */
  mayBeFast(src: Tensor): boolean {
    if (this.training || knownActivation(this.activation) === null) return false
    // Their hooks would not run. PyTorch before 2.0 does not care.
    if (!isBefore(2, 0) && this.modules().some(hasHooks)) return false
    return (isNested(src) || src.ndim === 3) && isFastLayer(this, src)
  }

  private attended(
    x: Tensor,
    attnMask: Tensor | null,
    keyPaddingMask: Tensor | null,
    isCausal: boolean
  ): Tensor {
    const options = { attnMask, keyPaddingMask, needWeights: false, isCausal }
    return this.dropout1(this.self_attn(x, x, x, options)[0])
  }

  private fed(x: Tensor): Tensor {
    return this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))))
  }
}
