/**
 * Encoder and decoder in one.
 */
import { integer, rangeError, typeError } from '../../../check'
import type { DType } from '../../../dtype'
import { type Tensor, tensorArgument } from '../../../tensor'
import { xavierUniform_ } from '../../init'
import { keywords, type Optional } from '../../keywords'
import { Module } from '../../module'
import { causalMask } from './causal'
import { TransformerDecoder } from './decoder'
import { TransformerDecoderLayer } from './decoder_layer'
import { TransformerEncoder } from './encoder'
import { TransformerEncoderLayer } from './encoder_layer'
import type { TransformerLayerOptions } from './layer_options'
import { LayerNorm } from '../layer_norm'

export interface TransformerOptions extends TransformerLayerOptions {
  /** Width of the inputs. Default 512. */
  dModel?: number
  /** Number of heads. Default 8. */
  nhead?: number
  /** Default 6. */
  numEncoderLayers?: number
  /** Default 6. */
  numDecoderLayers?: number
  /** Takes the encoder's place. Default null. */
  customEncoder?: Module | null
  /** Takes the decoder's place. Default null. */
  customDecoder?: Module | null
}

export interface TransformerMasks {
  /** `[S, S]`: pairs of the source that are not seen. Default null. */
  srcMask?: Tensor | null
  /** `[T, T]`: pairs of the target. Default null. */
  tgtMask?: Tensor | null
  /** `[T, S]`: pairs of target and source. Default null. */
  memoryMask?: Tensor | null
  /** `[N, S]`: what of the source is padding. Default null. */
  srcKeyPaddingMask?: Tensor | null
  /** `[N, T]`: what of the target is padding. Default null. */
  tgtKeyPaddingMask?: Tensor | null
  /** `[N, S]`: what of the encoder's output is padding. Default null. */
  memoryKeyPaddingMask?: Tensor | null
  /** Says of `srcMask` that it hides what comes later; from libtorch 2.0 on it is looked at. */
  srcIsCausal?: boolean | null
  /** Says so of `tgtMask`. */
  tgtIsCausal?: boolean | null
  /** Says so of `memoryMask`. Default false. */
  memoryIsCausal?: boolean
}

const positional = [
  'dModel',
  'nhead',
  'numEncoderLayers',
  'numDecoderLayers',
  'dimFeedforward',
  'dropout'
] as const

const others = [
  'activation',
  'customEncoder',
  'customDecoder',
  'layerNormEps',
  'batchFirst',
  'normFirst',
  'bias',
  'device',
  'dtype'
] as const

const masks = [
  'srcMask',
  'tgtMask',
  'memoryMask',
  'srcKeyPaddingMask',
  'tgtKeyPaddingMask',
  'memoryKeyPaddingMask',
  'srcIsCausal',
  'tgtIsCausal',
  'memoryIsCausal'
] as const

function customArgument(name: string, value: unknown): Module | null {
  if (value === null || value instanceof Module) return value
  throw typeError(name, 'an nn.Module or null', value)
}

/**
 * An encoder of the source, and a decoder of the target that sees the encoder's output. All weights of
 * two or more dimensions are drawn as Xavier's.
 *
 * Source `[S, N, dModel]`, target and output `[T, N, dModel]`; with `batchFirst` N comes first,
 * unbatched it is not there.
 * @throws RangeError where nhead does not divide dModel, and for shapes that do not fit; TypeError for
 * masks of another dtype
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Transformer.html
 */
export class Transformer extends Module {
  encoder: Module
  decoder: Module
  readonly dModel: number
  readonly nhead: number
  readonly batchFirst: boolean

  constructor(
    ...args: Optional<
      [
        dModel: number,
        nhead: number,
        numEncoderLayers: number,
        numDecoderLayers: number,
        dimFeedforward: number,
        dropout: number
      ],
      TransformerOptions
    >
  ) {
    const given = keywords<TransformerOptions>('Transformer', args, positional, others)
    const {
      dModel = 512,
      nhead = 8,
      numEncoderLayers = 6,
      numDecoderLayers = 6,
      customEncoder = null,
      customDecoder = null,
      ...layer
    } = given
    integer('dModel', dModel, 1)
    const encoder = customArgument('customEncoder', customEncoder)
    const decoder = customArgument('customDecoder', customDecoder)
    const { layerNormEps: eps = 1e-5, bias, device, dtype, batchFirst = false } = layer
    super()
    const norm = () => new LayerNorm(dModel, { eps, bias, device, dtype })
    this.encoder =
      encoder ??
      new TransformerEncoder(
        new TransformerEncoderLayer(dModel, nhead, layer),
        numEncoderLayers,
        norm()
      )
    this.decoder =
      decoder ??
      new TransformerDecoder(
        new TransformerDecoderLayer(dModel, nhead, layer),
        numDecoderLayers,
        norm()
      )
    for (const parameter of this.parameters()) if (parameter.ndim > 1) xavierUniform_(parameter)
    this.dModel = dModel
    this.nhead = nhead
    this.batchFirst = batchFirst
  }

  override forward(
    src: Tensor,
    tgt: Tensor,
    ...rest: Optional<
      [
        srcMask: Tensor | null,
        tgtMask: Tensor | null,
        memoryMask: Tensor | null,
        srcKeyPaddingMask: Tensor | null,
        tgtKeyPaddingMask: Tensor | null,
        memoryKeyPaddingMask: Tensor | null,
        srcIsCausal: boolean | null,
        tgtIsCausal: boolean | null,
        memoryIsCausal: boolean
      ],
      TransformerMasks
    >
  ): Tensor {
    const given = keywords<TransformerMasks>('Transformer', rest, masks)
    const [source, target] = [tensorArgument('src', src).shape, tensorArgument('tgt', tgt).shape]
    const batchDim = this.batchFirst ? 0 : 1
    if (source.length === 3 && source[batchDim] !== target[batchDim]) {
      throw rangeError('tgt', `src's batch size ${source[batchDim]}`, target[batchDim])
    }
    for (const [name, shape] of Object.entries({ src: source, tgt: target })) {
      if (shape.at(-1) !== this.dModel) {
        throw rangeError(name, `a last dimension of dModel = ${this.dModel}`, shape.at(-1))
      }
    }
    const { srcMask, srcKeyPaddingMask, srcIsCausal, ...decoderMasks } = given
    const memory = this.encoder(src, { mask: srcMask, srcKeyPaddingMask, isCausal: srcIsCausal })
    return this.decoder(tgt, memory, decoderMasks)
  }

  /** `[size, size]`: 0 where a place may see another, up to itself; minus infinity beyond. */
  static generateSquareSubsequentMask(
    size: number,
    options: { device?: string; dtype?: DType } = {}
  ): Tensor {
    return causalMask(integer('size', size), options)
  }
}
