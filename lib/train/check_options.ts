/**
 * The options of train(), checked and with their defaults.
 */
import { isMainThread } from 'node:worker_threads'

import {
  boolean,
  finite,
  integer,
  oneOf,
  options as checkOptions,
  rangeError,
  typeError
} from '../check'
import { Generator } from '../generator'
import type { Logger } from '../loggers'
import { native } from '../native'
import { Module } from '../nn/module'
import { isBefore } from '../nn/version'
import { LBFGS } from '../optim'
import { optimizerArgument } from '../optim/lr_scheduler/optimizer'
import { seedOf } from '../runtime'
import type { TrainEvent } from './events'
import { checkMetrics, type NamedMetric } from './metrics'
import { checkMonitor, figureName, type Monitor } from './monitor'
import type {
  CheckpointOptions,
  Precision,
  StopWhen,
  TrainOptimizer,
  TrainOptions
} from './options'
import { checkSchedule, type Schedule } from './schedule'
import { batchSizeOption, type Source, sourceOf } from './source'
import { checkValidation, type Validation } from './validation'

const names = [
  'data',
  'loss',
  'optimizer',
  'epochs',
  'steps',
  'batchSize',
  'shuffle',
  'seed',
  'dropLast',
  'validation',
  'metrics',
  'monitor',
  'scheduler',
  'clipGradNorm',
  'clipGradValue',
  'accumulate',
  'precision',
  'device',
  'stopWhen',
  'restoreBest',
  'onNaN',
  'checkpoint',
  'resume',
  'loggers',
  'progress',
  'signal',
  'threads',
  'handleSignals',
  'compile'
]

/** The options of a run, none of which is missing. */
export interface Plan {
  model: Module
  source: Source
  loss: (output: unknown, target: unknown) => unknown
  optimizer: TrainOptimizer
  epochs: number
  steps: number
  seed: bigint | null
  validation: Validation | null
  metrics: readonly NamedMetric[]
  monitor: Monitor
  schedule: Schedule | null
  clipGradNorm: number | null
  clipGradValue: number | null
  accumulate: number
  precision: Precision
  device: string | null
  stopWhen: StopWhen
  restoreBest: boolean
  onNaN: 'stop' | 'skip' | 'rollback'
  checkpoint: (CheckpointOptions & { keep: number }) | null
  resume: boolean | string
  loggers: readonly Logger<TrainEvent>[]
  progress: NonNullable<TrainOptions['progress']>
  signal: AbortSignal | null
  threads: number | 'auto' | null
  handleSignals: boolean
  compile: boolean
}

function optional<T, R>(value: T | undefined, check: (value: T) => R): R | null {
  return value === undefined ? null : check(value)
}

function above0(name: string, value: unknown): number {
  const number = finite(name, value)
  if (number <= 0) throw rangeError(name, 'a number > 0', number)
  return number
}

function optimizerOf(value: unknown, model: Module): TrainOptimizer {
  const optimizer = optimizerArgument(value) as TrainOptimizer
  const trained = new Set(optimizer.paramGroups.flatMap(({ params }) => params))
  if (!model.parameters().some((parameter) => trained.has(parameter)))
    throw typeError(
      'optimizer',
      "an optimizer of some of the model's parameters",
      value,
      'make it with new optim.SGD(model.parameters(), ...)'
    )
  return optimizer
}

function precisionOf(
  value: unknown,
  model: Module,
  optimizer: TrainOptimizer,
  device: string | null
): Precision {
  const precision = oneOf('precision', value, ['float32', 'bfloat16', 'float16'])
  if (precision !== 'float16') return precision
  if (optimizer instanceof LBFGS)
    throw typeError('precision', "'float32' or 'bfloat16' for LBFGS", precision)
  const itsDevice = device ?? model.parameters()[0]?.device
  if (itsDevice === 'cpu' && isBefore(2, 3))
    throw typeError('precision', "'bfloat16' on the CPU before libtorch 2.3", precision)
  return precision
}

function lossOf(value: unknown): Plan['loss'] {
  if (typeof value !== 'function')
    throw typeError('loss', 'a module or a function (output, target)', value)
  return value as Plan['loss']
}

function stopWhenOf(value: StopWhen | undefined): StopWhen {
  const given = checkOptions<StopWhen>('stopWhen', value, [
    'loss',
    'gradNorm',
    'patience',
    'minDelta',
    'seconds'
  ])
  if (given.loss !== undefined) finite('stopWhen.loss', given.loss)
  if (given.gradNorm !== undefined) finite('stopWhen.gradNorm', given.gradNorm, 0)
  if (given.patience !== undefined) integer('stopWhen.patience', given.patience, 1)
  if (given.minDelta !== undefined) finite('stopWhen.minDelta', given.minDelta, 0)
  if (given.seconds !== undefined) above0('stopWhen.seconds', given.seconds)
  return given
}

function checkpointOf(value: CheckpointOptions): NonNullable<Plan['checkpoint']> {
  const given = checkOptions<CheckpointOptions>('checkpoint', value, [
    'path',
    'everySeconds',
    'everyEpochs',
    'keep'
  ])
  if (typeof given.path !== 'string' || given.path === '')
    throw typeError('checkpoint.path', 'the path of a folder', given.path)
  if (given.everySeconds !== undefined) above0('checkpoint.everySeconds', given.everySeconds)
  if (given.everyEpochs !== undefined) integer('checkpoint.everyEpochs', given.everyEpochs, 1)
  const keep = integer('checkpoint.keep', given.keep ?? 3, 1)
  const everyEpochs = given.everyEpochs ?? (given.everySeconds === undefined ? 1 : undefined)
  return { ...given, everyEpochs, keep }
}

function resumeOf(value: unknown, checkpoint: Plan['checkpoint']): boolean | string {
  if (typeof value === 'string' && value !== '') return value
  if (boolean('resume', value) && !checkpoint)
    throw typeError('resume', 'the path of a folder, as there is no checkpoint option', value)
  return value as boolean
}

function loggersOf(value: unknown): readonly Logger<TrainEvent>[] {
  if (!Array.isArray(value)) throw typeError('loggers', 'an array of loggers', value)
  for (const [i, logger] of value.entries()) {
    if (typeof logger?.log !== 'function')
      throw typeError(`loggers[${i}]`, 'an object with a log(event) method', logger)
  }
  return value
}

function signalOf(value: unknown): AbortSignal {
  if (typeof (value as AbortSignal | null)?.addEventListener !== 'function')
    throw typeError('signal', 'an AbortSignal', value)
  return value as AbortSignal
}

function threadsOf(value: unknown): number | 'auto' {
  if (value === 'auto') return value
  if (typeof value !== 'number')
    throw typeError('threads', "an integer from 1 to 1024, or 'auto'", value)
  return integer('threads', value, 1, 1024)
}

function handleSignalsOf(value: unknown): boolean {
  const handles = boolean('handleSignals', value)
  if (handles && !isMainThread)
    throw typeError(
      'handleSignals',
      'false in a worker, which gets no signals',
      value,
      'post it a message that aborts `signal`'
    )
  return handles
}

function endOf(name: string, value: unknown): number {
  return value === undefined ? Number.POSITIVE_INFINITY : integer(name, value, 1)
}

/** @throws TypeError or RangeError that names the option, before anything is changed */
export function checkPlan(model: unknown, value: unknown): Plan {
  if (!(model instanceof Module)) throw typeError('model', 'an nn.Module', model)
  if (value === undefined)
    throw typeError('options', '{ data, loss, optimizer, epochs, ... }', value)
  const given = checkOptions<TrainOptions>('train', value, names)
  const optimizer = optimizerOf(given.optimizer, model)
  const loss = lossOf(given.loss)
  if (given.epochs === undefined && given.steps === undefined)
    throw typeError('epochs', 'a number of epochs, or steps', undefined)
  const shuffle = given.shuffle ?? false
  if (!(shuffle instanceof Generator)) boolean('shuffle', shuffle)
  const batchSize = optional(given.batchSize, (size) => batchSizeOption('batchSize', size))
  const source = sourceOf('data', given.data, {
    batchSize,
    usualBatchSize: 'full',
    shuffle,
    dropLast: optional(given.dropLast, (flag) => boolean('dropLast', flag))
  })
  const metrics = checkMetrics(given.metrics)
  const validation = checkValidation(given.validation, source.batchSize)
  const monitor = checkMonitor(given.monitor, metrics, validation !== null)
  const device = optional(given.device, (name) => native.resolveDevice(name))
  const checkpoint = optional(given.checkpoint, checkpointOf)
  return {
    model,
    source,
    loss,
    optimizer,
    epochs: endOf('epochs', given.epochs),
    steps: endOf('steps', given.steps),
    seed: optional(given.seed, seedOf),
    validation,
    metrics,
    monitor,
    schedule: checkSchedule(given.scheduler, optimizer, monitor, (argument, name) =>
      figureName(argument, name, metrics, validation !== null)
    ),
    clipGradNorm: optional(given.clipGradNorm, (norm) => above0('clipGradNorm', norm)),
    clipGradValue: optional(given.clipGradValue, (bound) => above0('clipGradValue', bound)),
    accumulate: integer('accumulate', given.accumulate ?? 1, 1),
    precision: precisionOf(given.precision ?? 'float32', model, optimizer, device),
    device,
    stopWhen: stopWhenOf(given.stopWhen),
    restoreBest: boolean('restoreBest', given.restoreBest ?? false),
    onNaN: oneOf('onNaN', given.onNaN ?? 'stop', ['stop', 'skip', 'rollback']),
    checkpoint,
    resume: resumeOf(given.resume ?? false, checkpoint),
    loggers: loggersOf(given.loggers ?? []),
    progress: given.progress ?? false,
    signal: optional(given.signal, signalOf),
    threads: optional(given.threads, threadsOf),
    handleSignals: handleSignalsOf(given.handleSignals ?? false),
    compile: boolean('compile', given.compile ?? true)
  }
}
