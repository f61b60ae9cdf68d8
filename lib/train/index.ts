/**
 * train(): training as a service.
 */
export type {
  CheckpointEvent,
  EpochEvent,
  NaNEvent,
  PauseEvent,
  ProgressEvent,
  StartEvent,
  StopEvent,
  TrainEvent,
  ValidationEvent
} from './events'
export type {
  Batch as TrainBatch,
  CheckpointOptions,
  Metric,
  MetricName,
  Precision,
  Row as TrainRow,
  ScheduleOptions,
  StopWhen,
  TensorSet,
  TrainData,
  TrainOptimizer,
  TrainOptions,
  ValidationOptions
} from './options'
export type { Best as BestEpoch, History as TrainHistory, StopReason, TrainResult } from './result'
export { train, TrainRun } from './run'
export type { TensorTree } from './tree'
