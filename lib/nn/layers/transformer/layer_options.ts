/**
 * What encoder and decoder layers are made with.
 */
import { boolean, finite, integer } from '../../../check'
import { keywords, type Optional } from '../../keywords'
import type { FactoryOptions } from '../factory'
import type { Activation } from './activation'

export interface TransformerLayerOptions extends FactoryOptions {
  /** Width between the two linear layers. Default 2048. */
  dimFeedforward?: number
  /** Probability of zeroing an element, when training. Default 0.1. */
  dropout?: number
  /** Between the two linear layers: `'relu'` (default), `'gelu'`, a function or a module. */
  activation?: Activation
  /** Added to the variances. Default 1e-5. */
  layerNormEps?: number
  /** Whether inputs and output are `[N, L, E]` in place of `[L, N, E]`. Default false. */
  batchFirst?: boolean
  /** Whether normalisation comes before each part, not after it. Default false. */
  normFirst?: boolean
  /** Whether linear layers and normalisations have biases. Default true. */
  bias?: boolean
}

const others = [
  'activation',
  'layerNormEps',
  'batchFirst',
  'normFirst',
  'bias',
  'device',
  'dtype'
] as const

export type LayerArguments = Optional<
  [dimFeedforward: number, dropout: number],
  TransformerLayerOptions
>

/** The options with their defaults. */
export function layerOptions(name: string, args: readonly unknown[]) {
  const given = keywords<TransformerLayerOptions>(name, args, ['dimFeedforward', 'dropout'], others)
  const { dimFeedforward = 2048, dropout = 0.1, activation = 'relu', layerNormEps = 1e-5 } = given
  const { batchFirst = false, normFirst = false, bias = true, device, dtype } = given
  return {
    dimFeedforward: integer('dimFeedforward', dimFeedforward, 1),
    dropout: finite('dropout', dropout),
    activation,
    eps: finite('layerNormEps', layerNormEps),
    batchFirst,
    normFirst: boolean('normFirst', normFirst),
    bias: boolean('bias', bias),
    device,
    dtype
  }
}
