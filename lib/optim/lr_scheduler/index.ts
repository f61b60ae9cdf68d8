/**
 * torch.optim.lr_scheduler
 */
export { ChainedScheduler, type ChainedSchedulerOptions } from './chained'
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions
} from './cosine'
export { CyclicLR, type CyclicLROptions } from './cyclic'
export { ExponentialLR, PolynomialLR, type PolynomialLROptions } from './decay'
export { LambdaLR, type LRLambda, MultiplicativeLR } from './lambda'
export { OneCycleLR, type OneCycleLROptions } from './one_cycle'
export type { ScheduledGroup, ScheduledOptimizer } from './optimizer'
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './plateau'
export { LRScheduler, type SchedulerOptions } from './scheduler'
export { SequentialLR } from './sequential'
export type { SchedulerState } from './state'
export { MultiStepLR, StepLR, type StepLROptions } from './step'
export {
  ConstantLR,
  type ConstantLROptions,
  LinearLR,
  type LinearLROptions
} from './warmup'
