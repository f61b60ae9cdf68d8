/**
 * node-libtorch: PyTorch's training loop in Node.js, on real libtorch.
 */
export * from './creation'
export * as cuda from './cuda'
export { type TensorArray, type TensorOptions, tensor } from './data'
export type { DType } from './dtype'
export { type MemoryReport, memory, scope, sweep } from './memory'
export { enableGrad, isGradEnabled, noGrad } from './modes'
export * as nn from './nn'
export * from './operators/generated'
export { type OperatorNamespace, type Ops, ops } from './operators/ops'
export * as optim from './optim'
export { getNumThreads, manualSeed, setNumThreads, version } from './runtime'
export { type BackwardOptions, type Nested, Tensor, isTensor } from './tensor'
