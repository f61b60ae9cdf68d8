/**
 * nn.Module: its parts, its hooks, its state.
 */
export { hasHooks } from './callable'
export type {
  ForwardHook,
  ForwardPreHook,
  FullBackwardHook,
  FullBackwardPreHook,
  Gradients,
  HookOptions
} from './hooks'
export { Module } from './module'
