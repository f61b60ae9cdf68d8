/**
 * torch.nn
 */
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
export * from './layers'
export * from './loss'
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
