/**
 * torch.optim
 */
export { Adadelta, type AdadeltaOptions } from './adadelta'
export { Adagrad, type AdagradOptions } from './adagrad'
export { Adam, type AdamOptions, AdamW } from './adam'
export { Adamax, type AdamaxOptions } from './adamax'
export { ASGD, type ASGDOptions } from './asgd'
export type { GroupInput, ParamGroup, ScheduleFields } from './groups'
export { LBFGS, type LBFGSOptions } from './lbfgs'
export * as lrScheduler from './lr_scheduler'
export { NAdam, type NAdamOptions } from './nadam'
export { type MapState, Optimizer } from './optimizer'
export { RAdam, type RAdamOptions } from './radam'
export { RMSprop, type RMSpropOptions } from './rmsprop'
export { Rprop, type RpropOptions } from './rprop'
export { SGD, type SGDOptions } from './sgd'
export type { Kept, OptimizerState, StateValue } from './state'
