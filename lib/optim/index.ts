/**
 * torch.optim
 */
export * as lrScheduler from './lr_scheduler'
export { type GroupInput, Optimizer, type ParamGroup } from './optimizer'
export { SGD, type SGDOptions } from './sgd'
export type { OptimizerState } from './state'
