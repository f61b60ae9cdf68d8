/**
 * Attention, and what is built of it.
 * Source: https://pytorch.org/docs/stable/nn.html#transformer-layers
 */
export type { Activation } from './activation'
export { TransformerDecoder } from './decoder'
export { type DecoderMasks, TransformerDecoderLayer } from './decoder_layer'
export { type EncoderMasks, TransformerEncoder, type TransformerEncoderOptions } from './encoder'
export { type EncoderLayerMasks, TransformerEncoderLayer } from './encoder_layer'
export type { TransformerLayerOptions } from './layer_options'
export {
  type AttentionOptions,
  MultiheadAttention,
  type MultiheadAttentionOptions
} from './multihead_attention'
export { Transformer, type TransformerMasks, type TransformerOptions } from './transformer'
