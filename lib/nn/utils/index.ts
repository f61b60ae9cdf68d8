/**
 * torch.nn.utils: what is done to modules and their gradients.
 * Source: https://pytorch.org/docs/stable/nn.html#utilities
 */
export {
  type ClipGradNormOptions,
  type ClipGradValueOptions,
  clipGradNorm,
  clipGradNorm_,
  clipGradValue,
  clipGradValue_
} from './clip_grad'
export type { NeuronOptions } from './neurons'
export * as prune from './prune'
export * as rnn from './rnn'
export { type SpectralNormOptions, removeSpectralNorm, spectralNorm } from './spectral_norm'
export { parametersToVector, vectorToParameters } from './vector'
export { type WeightNormOptions, removeWeightNorm, weightNorm } from './weight_norm'
export { type WidenOptions, pruneNeurons, widen } from './widen'
