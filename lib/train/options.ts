/**
 * The options of train().
 */
import type { Generator } from '../generator'
import type { Logger } from '../loggers'
import type { Module } from '../nn/module'
import type { LRScheduler } from '../optim/lr_scheduler'
import type { ScheduledGroup } from '../optim/lr_scheduler/optimizer'
import type { ProgressMode } from '../progress'
import type { Tensor } from '../tensor'
import type { TrainEvent } from './events'
import type { Loader } from './loader'
import type { TensorTree } from './tree'

/** Inputs and, as the last one, the target. */
export type Batch = readonly [...TensorTree[], TensorTree, TensorTree]

/** A sample of plain numbers: inputs and target. */
export type Row = readonly [input: NestedNumbers, target: NestedNumbers]
type NestedNumbers = number | readonly NestedNumbers[]

/** A data set that is nothing but tensors, with one row a sample. */
export interface TensorSet {
  readonly tensors: readonly Tensor[]
}

/**
 * `[x, y]` with a row a sample, a `TensorDataset`, an array of rows `[input, target]` of numbers, or
 * batches: a `DataLoader`, any iterable or async iterable, or a function that makes one for each epoch.
 */
export type TrainData =
  | Batch
  | TensorSet
  | readonly Row[]
  | Loader
  | Iterable<Batch>
  | AsyncIterable<Batch>
  | (() => Iterable<Batch> | AsyncIterable<Batch>)

/** What train() needs of an optimizer: any of `optim`. */
export interface TrainOptimizer {
  readonly paramGroups: readonly (ScheduledGroup & { readonly params: readonly Tensor[] })[]
  step(closure?: () => Tensor): unknown
  zeroGrad(): void
  stateDict(): object
  // biome-ignore lint/suspicious/noExplicitAny: each optimizer has a type of its own for it
  loadStateDict(state: any): void
}

/** The mean over a batch of anything that output and target tell. */
export type Metric = (output: TensorTree, target: TensorTree) => number | Tensor

export type MetricName = 'accuracy' | 'binaryAccuracy' | 'mse' | 'mae'

export interface ValidationOptions {
  data: TrainData
  /** Samples at a time, where the data are tensors. Default: that of the training. */
  batchSize?: number | 'full'
  /** Default 1. */
  everyEpochs?: number
}

export interface ScheduleOptions {
  scheduler: LRScheduler
  /** When it steps. Default `'epoch'`. */
  interval?: 'step' | 'epoch'
  /** What a ReduceLROnPlateau is given. Default: what the run monitors. */
  monitor?: string
}

export interface StopWhen {
  /** An epoch's loss (validation loss, where there is one) at or below this. */
  loss?: number
  /** The norm of the gradient of an epoch's last step at or below this. */
  gradNorm?: number
  /** So many epochs in a row without the monitored value getting better. */
  patience?: number
  /** By how much it must get better to count. Default 0. */
  minDelta?: number
  /** So much time gone by. */
  seconds?: number
}

export interface CheckpointOptions {
  /** A folder. */
  path: string
  everySeconds?: number
  /** Default 1, unless `everySeconds` is given. One more is written when the run ends. */
  everyEpochs?: number
  /** How many of the newest stay. Default 3. */
  keep?: number
}

export type Precision = 'float32' | 'bfloat16' | 'float16'

export interface TrainOptions {
  data: TrainData
  /** Called with the model's output and the target; gives a tensor of one element. */
  // biome-ignore lint/suspicious/noExplicitAny: losses choose what they take
  loss: Module | ((output: any, target: any) => Tensor)
  optimizer: TrainOptimizer
  /** Passes over the data. */
  epochs?: number
  /** Updates of the parameters. The run ends by whichever comes first; one of both is needed. */
  steps?: number
  /** Samples a batch, where the data are tensors or rows. Default `'full'`: all of them. */
  batchSize?: number | 'full'
  /** A new order for each epoch, as a DataLoader draws it; from a generator of one's own, if given. Default false. */
  shuffle?: boolean | Generator
  /** Seeds the process's generators at the start. Default: they go on from where they are. */
  seed?: number | bigint
  /** Leaves a last batch that is smaller out. Default false. */
  dropLast?: boolean
  /** Data that are only measured on, after epochs. */
  validation?: TrainData | ValidationOptions
  /** Measured on the validation data, else on the training data, after epochs. */
  metrics?: readonly (MetricName | Metric)[] | Record<string, Metric>
  /** What "best" is about: `'validationLoss'`, `'loss'` or a metric. Default: the first of these that there is. */
  monitor?: string | { name: string; mode: 'min' | 'max' }
  /** Sets the learning rate after each epoch, or as `interval` says. */
  scheduler?: LRScheduler | ScheduleOptions
  /** Scales the gradients so that their norm is at most this. */
  clipGradNorm?: number
  /** Brings every entry of the gradients into [-clipGradValue, clipGradValue]; before clipGradNorm. */
  clipGradValue?: number
  /** Batches whose gradients make one update: their mean, as the loss of each is divided by it. Default 1. */
  accumulate?: number
  /** In which precision forward and loss run, by `autocast`; float16 with a GradScaler. Default `'float32'`. */
  precision?: Precision
  /** Where model and data are moved: `'cpu'`, `'cuda'`, `'cuda:N'`, `'auto'`. Default: the model's. */
  device?: string
  /** Ends the run before `epochs` or `steps` do. */
  stopWhen?: StopWhen
  /** At the end, gives the model the parameters and buffers of its best epoch. Default false. */
  restoreBest?: boolean
  /** What to do about a loss that is NaN or infinite (docs/train.md). Default `'stop'`. */
  onNaN?: 'stop' | 'skip' | 'rollback'
  checkpoint?: CheckpointOptions
  /** Goes on from the newest checkpoint, where there is one: of `checkpoint.path`, or of another folder. Default false. */
  resume?: boolean | string
  /** Each is given every event. */
  loggers?: readonly Logger<TrainEvent>[]
  /** Shows how far the run is, as `progressDisplay` does; true: `'auto'`. Or a display of one's own. Default false. */
  progress?: ProgressMode | true | Logger<TrainEvent>
  /** Ends the run after a step; it then resolves, with what there is. */
  signal?: AbortSignal
  /** Threads of an operator while the run lasts: a number, or `'auto'` to measure it. Default: as they are. */
  threads?: number | 'auto'
  /** The first SIGINT or SIGTERM ends the run after a step, the second the process. Default false. */
  handleSignals?: boolean
  /** Whether steps are recorded and replayed where they can be. Default true. */
  compile?: boolean
}
