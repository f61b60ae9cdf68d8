/**
 * Losses: how far an output is from its target.
 */
export {
  CrossEntropyLoss,
  type CrossEntropyLossOptions,
  MultiMarginLoss,
  type MultiMarginLossOptions,
  NLLLoss,
  type NLLLossOptions
} from './classification'
export { CTCLoss, type CTCLossOptions } from './ctc'
export type { LossOptions, Reduction, WeightedLossOptions } from './loss'
export { MSELoss } from './mse'
export {
  BCELoss,
  BCEWithLogitsLoss,
  type BCEWithLogitsLossOptions,
  KLDivLoss,
  type KLDivLossOptions,
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  SoftMarginLoss
} from './probability'
export {
  CosineEmbeddingLoss,
  type Distance,
  HingeEmbeddingLoss,
  type MarginLossOptions,
  MarginRankingLoss,
  TripletMarginLoss,
  type TripletMarginLossOptions,
  TripletMarginWithDistanceLoss,
  type TripletMarginWithDistanceLossOptions
} from './ranking'
export {
  GaussianNLLLoss,
  type GaussianNLLLossOptions,
  HuberLoss,
  type HuberLossOptions,
  L1Loss,
  PoissonNLLLoss,
  type PoissonNLLLossOptions,
  SmoothL1Loss,
  type SmoothL1LossOptions
} from './regression'
