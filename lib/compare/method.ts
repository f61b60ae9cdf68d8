/**
 * What is compared.
 */
import { callable, typeError } from '../check'
import type { Logger } from '../loggers'
import { Module } from '../nn/module'
import type { LoggedEvent, ProgressMode } from '../progress'
import type { Tensor } from '../tensor'
import type { TrainOptimizer, TrainOptions } from './train'

/** Options of train() that a method may have of its own, or share. */
export type RunOptions = Partial<
  Omit<TrainOptions, 'optimizer' | 'scheduler' | 'loggers' | 'seed' | 'signal'>
> & {
  /** Makes the loggers of a method's run, as each is closed with it. */
  loggers?: (name: string) => readonly Logger[]
  /** Makes the scheduler of a method's optimizer. */
  scheduler?: (optimizer: TrainOptimizer) => NonNullable<TrainOptions['scheduler']>
}

export interface Method extends RunOptions {
  name: string
  /** Makes the method's optimizer. */
  optimizer: (parameters: Tensor[]) => TrainOptimizer
  /** Makes a model of the method's own, by the same seed. Default: the shared one, with the same weights. */
  model?: () => Module
}

/** How far a comparison is. */
export interface CompareProgress {
  /** The method that runs. */
  name: string
  /** Its place in the list, from 0. */
  index: number
  /** How many there are. */
  count: number
  event: LoggedEvent
}

export interface CompareOptions extends RunOptions {
  /** Makes the model that methods without one of their own start from. */
  model?: () => Module
  /** Seeds the first weights and, again, each run. Default 0. */
  seed?: number
  /** The loss whose epoch and time are told. */
  target?: number
  /** Lets each method run for a moment, on a model of its own, before its time counts. Default true. */
  warmUp?: boolean
  /** Shows each method's progress. Default false. */
  progress?: ProgressMode
  /** Called with every event of every run. */
  onProgress?: (progress: CompareProgress) => void
  /** Ends the run of the method whose turn it is; those after it do not run. */
  signal?: AbortSignal
}

/** @throws TypeError for what is no list of methods */
export function checkMethods(methods: readonly Method[], options: CompareOptions): void {
  if (!Array.isArray(methods) || methods.length === 0)
    throw typeError('methods', 'an array of at least one { name, optimizer }', methods)
  for (const name of ['checkpoint', 'resume']) {
    const value = Reflect.get(options, name)
    if (value !== undefined)
      throw typeError(`options.${name}`, 'none that all share', value, 'give each method its own')
  }
  const names = new Set<string>()
  for (const [i, method] of methods.entries()) {
    const at = `methods[${i}]`
    if (typeof method !== 'object' || method === null)
      throw typeError(at, 'an object { name, optimizer, batchSize, ... }', method)
    const { name, optimizer, model = options.model } = method
    const { scheduler, loggers } = { ...options, ...method }
    if (typeof name !== 'string' || name === '') throw typeError(`${at}.name`, 'a name', name)
    if (names.has(name)) throw typeError(`${at}.name`, 'a name of its own', name)
    names.add(name)
    const remedy = 'give (parameters) => new optim.SGD(parameters, { lr: 0.1 })'
    if (typeof optimizer !== 'function')
      throw typeError(`${at}.optimizer`, 'a function that makes one', optimizer, remedy)
    // A module is a function, too.
    if (typeof model !== 'function' || model instanceof Module)
      throw typeError(`${at}.model`, 'a function that makes the model', model, 'here or in options')
    if (scheduler !== undefined) callable(`${at}.scheduler`, scheduler)
    if (loggers !== undefined && typeof loggers !== 'function')
      throw typeError(
        `${at}.loggers`,
        'a function that makes them',
        loggers,
        'give (name) => [...]'
      )
  }
}
