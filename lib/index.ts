/**
 * node-libtorch: PyTorch's training loop in Node.js, on real libtorch.
 */
export * as autograd from './autograd'
export * from './creation'
export * as cuda from './cuda'
export { type TensorArray, type TensorOptions, tensor } from './data'
export type { DType } from './dtype'
export { type MemoryReport, memory, scope, sweep } from './memory'
export {
  enableGrad,
  inferenceMode,
  isGradEnabled,
  isInferenceModeEnabled,
  noGrad,
  setGradEnabled
} from './modes'
export * as nn from './nn'
export {
  abs,
  add,
  allclose,
  cat,
  div,
  equal,
  exp,
  log,
  matmul,
  mean,
  mul,
  ops,
  pow,
  relu,
  sigmoid,
  softmax,
  sqrt,
  stack,
  sub,
  sum,
  tanh
} from './operators'
export * as optim from './optim'
export { getNumThreads, manualSeed, setNumThreads, version } from './runtime'
export { type BackwardOptions, type Nested, Tensor, isTensor } from './tensor'
