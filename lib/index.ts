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
export {
  type Checkpoint,
  type CheckpointError,
  CheckpointFolder,
  type CheckpointOptions,
  type LatestOptions,
  type RestoredRng,
  type RngState,
  type SavedCheckpoint,
  type SkippedFile,
  restoreRng,
  rngState
} from './checkpoint'
export {
  compare,
  type CompareOptions,
  type CompareProgress,
  Comparison,
  type Curve,
  type Method,
  type MethodResult
} from './compare'
export * from './compile'
export * as recording from './compile/author'
export { type UniqueOptions, unique } from './conversions'
export * from './creation'
export * as cuda from './cuda'
export { type TensorArray, type TensorOptions, tensor } from './data'
export * from './dataset'
export type { DType } from './dtype'
export { Generator, defaultGenerator, getRngState, initialSeed, setRngState } from './generator'
export { type Index, type IndexPutOptions, type SliceText, slice } from './indexing'
export * as jit from './jit'
export {
  CsvLogger,
  type Logger,
  LoggerError,
  type LoggerOptions,
  NdjsonLogger,
  TensorBoardLogger
} from './loggers'
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
export {
  type LoggedEvent,
  type ProgressDisplay,
  type ProgressMode,
  type ProgressOptions,
  type ProgressStream,
  progressDisplay
} from './progress'
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
export { onInterrupt } from './signals'
export type { BackwardOptions } from './autograd/grad'
export type { Nested } from './elements'
export { Tensor, isTensor } from './tensor'
export * as utils from './utils'
export * from './train'
export type { Complex, Layout, MemoryFormat, Opaque, Reduction, Scalar } from './values'
