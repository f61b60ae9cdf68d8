/**
 * Layers.
 */
export * from './activation'
export * from './batch_norm'
export * from './dropout'
export * from './embedding'
export type { FactoryOptions } from './factory'
export * from './group_norm'
export * from './instance_norm'
export * from './layer_norm'
export type { RunningNormOptions } from './running_norm'
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  type AdaptiveMaxPoolOptions
} from './adaptive_pooling'
export {
  type AvgPool1dOptions,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  type AvgPoolOptions
} from './average_pooling'
export { Conv1d, Conv2d, Conv3d, type ConvOptions, type PaddingMode } from './convolution'
export {
  CosineSimilarity,
  type CosineSimilarityOptions,
  PairwiseDistance,
  type PairwiseDistanceOptions
} from './distance'
export { Flatten, Unflatten } from './flatten'
export { Fold, type FoldOptions, Unfold } from './folding'
export {
  FractionalMaxPool2d,
  FractionalMaxPool3d,
  type FractionalMaxPoolOptions
} from './fractional_pooling'
export { Bilinear, Identity, Linear, type LinearOptions } from './linear'
export {
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  type MaxPoolOptions
} from './max_pooling'
export * from './padding'
export { LPPool1d, LPPool2d, LPPool3d, type LPPoolOptions } from './power_pooling'
export { ChannelShuffle, PixelShuffle, PixelUnshuffle } from './shuffling'
export {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeOptions
} from './transposed_convolution'
export { MaxUnpool1d, MaxUnpool2d, MaxUnpool3d, type MaxUnpoolOptions } from './unpooling'
export {
  Upsample,
  type UpsampleOptions,
  UpsamplingBilinear2d,
  UpsamplingNearest2d,
  type UpsamplingOptions
} from './upsampling'
export * from './recurrent'
export * from './transformer'
