/**
 * torch.nn
 */
export { ReLU, type ReLUOptions } from './activation'
export {
  ModuleDict,
  ModuleList,
  type NamedModules,
  ParameterDict,
  ParameterList,
  Sequential
} from './containers'
export * as functional from './functional'
export * as init from './init'
export { Linear, type LinearOptions } from './linear'
export { type LossOptions, MSELoss, type Reduction } from './loss'
export {
  type ForwardHook,
  type ForwardPreHook,
  type FullBackwardHook,
  type FullBackwardPreHook,
  type Gradients,
  type HookOptions,
  Module
} from './module'
export { Parameter } from './parameter'
export * as utils from './utils'
