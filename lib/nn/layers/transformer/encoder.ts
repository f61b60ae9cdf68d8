/**
 * The stack of a transformer's encoder layers.
 */
import { boolean, integer, typeError } from '../../../check'
import { type Tensor, tensorArgument } from '../../../tensor'
import { cloneModule } from '../../clone'
import { addedMask, maskArgument } from '../../functional/attention_masks'
import { keywords, type Optional } from '../../keywords'
import { Module } from '../../module'
import { isBefore } from '../../version'
import { isCausalMask, sequenceLength } from './causal'
import { TransformerEncoderLayer } from './encoder_layer'
import { isLeftAligned, withoutPadding, withPadding } from './nested'
import { ModuleList } from '../../containers'

/** `count` copies of `layer`. */
export function copies(name: string, layer: Module, count: number): ModuleList {
  if (!(layer instanceof Module)) throw typeError(name, 'an nn.Module', layer)
  integer('numLayers', count, 1)
  return new ModuleList(Array.from({ length: count }, () => cloneModule(layer)))
}

/** A last normalisation, or null. */
export function normArgument(norm: unknown): Module | null {
  if (norm === null || norm === undefined || norm instanceof Module) return norm ?? null
  throw typeError('norm', 'an nn.Module or null', norm)
}

export interface TransformerEncoderOptions {
  /** Runs on the last layer's output, such as `new nn.LayerNorm(dModel)`. Default null. */
  norm?: Module | null
  /** Whether padding may be left out where nothing is learnt. Default true. */
  enableNestedTensor?: boolean
  /** Whether it is looked first if the padding comes last. Default true. */
  maskCheck?: boolean
}

export interface EncoderMasks {
  /** `[S, S]` or `[N * nhead, S, S]`: pairs that are not seen. Default null. */
  mask?: Tensor | null
  /** `[N, S]`: what of the input is padding. Default null. */
  srcKeyPaddingMask?: Tensor | null
  /** Says of `mask` that it hides what comes later; not told, from libtorch 2.0 on it is looked at. */
  isCausal?: boolean | null
}

/**
 * `numLayers` copies of an encoder layer, one after the other, then `norm`. Input and output as those
 * of the layer.
 *
 * Where the layers run by one operator each (see TransformerEncoderLayer) and `srcKeyPaddingMask` hides
 * the ends of sequences, these are left out as in Python: zeros, normalised by `norm`, stand in their
 * places, and before libtorch 2.0 the output is only as long as the longest sequence.
 * @throws TypeError for a layer that is no module, or that cannot be copied
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
 */
export class TransformerEncoder extends Module {
  layers: ModuleList
  norm: Module | null
  readonly numLayers: number
  readonly enableNestedTensor: boolean
  readonly maskCheck: boolean

  constructor(
    encoderLayer: Module,
    numLayers: number,
    ...rest: Optional<
      [norm: Module | null, enableNestedTensor: boolean, maskCheck: boolean],
      TransformerEncoderOptions
    >
  ) {
    const given = keywords<TransformerEncoderOptions>('TransformerEncoder', rest, [
      'norm',
      'enableNestedTensor',
      'maskCheck'
    ])
    const { enableNestedTensor = true, maskCheck = true } = given
    const norm = normArgument(given.norm)
    boolean('enableNestedTensor', enableNestedTensor)
    boolean('maskCheck', maskCheck)
    super()
    this.layers = copies('encoderLayer', encoderLayer, numLayers)
    this.numLayers = numLayers
    this.norm = norm
    this.enableNestedTensor = enableNestedTensor
    this.maskCheck = maskCheck
  }

  override forward(
    src: Tensor,
    ...rest: Optional<
      [mask: Tensor | null, srcKeyPaddingMask: Tensor | null, isCausal: boolean | null],
      EncoderMasks
    >
  ): Tensor {
    const given = keywords<EncoderMasks>('TransformerEncoder', rest, [
      'mask',
      'srcKeyPaddingMask',
      'isCausal'
    ])
    const { dtype, shape } = tensorArgument('src', src)
    let padding = maskArgument('srcKeyPaddingMask', given.srcKeyPaddingMask)
    let mask = given.mask ?? null
    if (!isBefore(2, 0)) {
      padding = addedMask('srcKeyPaddingMask', padding, dtype)
      mask = addedMask('mask', mask, dtype)
    }
    const layers = [...this.layers]
    const isNested = padding !== null && mask === null && this.mayLeaveOut(src, padding, layers)
    let output = isNested ? withoutPadding(src, padding as Tensor) : src
    const said = given.isCausal ?? null
    const isCausal = isBefore(2, 0)
      ? said === true
      : isCausalMask(mask, said, sequenceLength(src, layers[0]))
    const masks = { srcMask: mask, srcKeyPaddingMask: isNested ? null : padding, isCausal }
    for (const layer of layers) output = layer(output, masks)
    if (isNested) output = withPadding(output, shape)
    return this.norm ? this.norm(output) : output
  }

  /** Whether PyTorch's encoder runs on a nested tensor. */
  private mayLeaveOut(src: Tensor, padding: Tensor, layers: Module[]): boolean {
    if (!this.enableNestedTensor) return false
    // Layers of a user's own could do nothing with a nested tensor.
    const areFast = layers.every(
      (layer) =>
        layer instanceof TransformerEncoderLayer &&
        layer.forward === TransformerEncoderLayer.prototype.forward &&
        layer.mayBeFast(src)
    )
    if (!areFast || (layers[0] as TransformerEncoderLayer).normFirst) return false
    return !this.maskCheck || isLeftAligned(src, padding)
  }
}
