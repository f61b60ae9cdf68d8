/**
 * node-libtorch: PyTorch's training loop in Node.js, on real libtorch.
 */
export * as amp from './amp'
export {
  autocast,
  type AutocastDevice,
  type AutocastOptions,
  getAutocastDtype,
  GradScaler,
  type GradScalerOptions,
  type GradScalerState,
  isAutocastEnabled,
  type ScaledOptimizer
} from './amp'
export * as autograd from './autograd'
export { type BufferOptions, fromBuffer } from './buffers'
export * as recording from './compile/recording'
export { type UniqueOptions, unique } from './conversions'
export * from './creation'
export * as cuda from './cuda'
export { type TensorArray, type TensorOptions, tensor } from './data'
export type { DType } from './dtype'
export { Generator, defaultGenerator, getRngState, initialSeed, setRngState } from './generator'
export { type Index, type IndexPutOptions, type SliceText, slice } from './indexing'
export * as jit from './jit'
export { type MemoryReport, type Place, memory, scope, sweep } from './memory'
export {
  enableGrad,
  inferenceMode,
  isGradEnabled,
  isInferenceModeEnabled,
  noGrad,
  setGradEnabled
} from './modes'
export * as nn from './nn'
export * from './operators/generated'
export { type OperatorNamespace, type Ops, ops } from './operators/ops'
export * as optim from './optim'
export * from './random'
export {
  getNumInteropThreads,
  getNumThreads,
  manualSeed,
  setNumInteropThreads,
  setNumThreads,
  version
} from './runtime'
export * from './search'
export { type LoadOptions, type SaveOptions, load, loadMetadata, save } from './serialization'
export { type Message, fromMessage, toMessage } from './sharing'
export type { BackwardOptions } from './autograd/grad'
export type { Nested } from './elements'
export { Tensor, isTensor } from './tensor'
export type { Complex, Layout, MemoryFormat, Opaque, Reduction, Scalar } from './values'
