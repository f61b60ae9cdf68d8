/**
 * What compile() gives.
 */
import type { DataLoader, TensorDataset } from '../dataset'
import type { Generator } from '../generator'
import type { Tensor } from '../tensor'
import type { CompileError } from './error'
import type { PassName } from './passes'

export interface CompileOptions {
  /** Compares every n-th step with an eager one, bit by bit. Default 0: never. */
  verify?: number
  /** How often a step is recorded before calls that need another recording run eagerly. Default 8. */
  maxRecordings?: number
  /** Whether a step that cannot be recorded runs eagerly, instead of throwing. Default false. */
  fallback?: boolean
  /** Passes over the list that are left out, `{ NAME: false }`, for measurements. */
  passes?: Partial<Record<PassName, boolean>>
}

/** How far a run is. */
export interface Progress {
  /** Steps done by this run, from 1. */
  step: number
  /** Passes over the data begun, from 1. */
  epoch: number
  /** The step's first result, where that is a tensor of one element; else NaN. */
  loss: number
  /** Seconds since the run began. */
  seconds: number
}

export interface RunOptions {
  /** How many steps. */
  steps?: number
  /** How many passes over the data. One, where neither is given. */
  epochs?: number
  /** Samples a step, default all of them. */
  batchSize?: number | 'full'
  /** A new order for each pass, as a DataLoader draws it. Default false. */
  shuffle?: boolean
  /** Draws the orders; the default one otherwise. */
  generator?: Generator
  /** Which samples, in which order, int64, the same for each pass. Not together with `shuffle`. */
  order?: Tensor
  /** Leaves a last batch that is smaller out. Default false. */
  dropLast?: boolean
  /** How many threads each operator may use; as many as here otherwise. */
  threads?: number
  /** Ends the run between two steps. */
  signal?: AbortSignal
  /** Called with the newest state, at most about ten times a second, and at the end. */
  onStep?: (progress: Progress) => void
}

/** A tensor for each argument of the step, a dataset of them, or a loader of batches. */
export type RunData = readonly Tensor[] | TensorDataset | DataLoader

export interface RunResult {
  /** Steps done. */
  steps: number
  /** Passes over the data that were completed. */
  epochs: number
  /** The first result of every step, where that is a tensor of one element. */
  losses: Float64Array
  /** Whether `signal` ended it. */
  aborted: boolean
  seconds: number
}

/** A step: called as the function that it was made of, or run over data on a thread of its own. */
export interface CompiledStep<Args extends readonly unknown[], Result> {
  (...args: Args): Result
  /**
   * Takes steps over samples, the first dimension of each tensor in `data`, on a native thread: the
   * event loop stays free, and no tensor that the step changes may be used until the promise settles.
   * A DataLoader says itself what a batch is: of the options it takes `steps`, `epochs`, `signal`,
   * `onStep` and `threads`.
   */
  run(data: RunData, options?: RunOptions): Promise<RunResult>
  /** The recorded operators, each with its time. */
  explain(): string
  /** How often the step was recorded. */
  readonly recordings: number
  /** Why it runs eagerly, with `fallback`, where it does. */
  readonly refusal: CompileError | null
  /** The passes over the list, in order. */
  readonly passes: readonly PassName[]
}
