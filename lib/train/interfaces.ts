/**
 * What train() uses of its neighbours, and where they are put.
 */
import type { CompiledStep, CompileOptions } from '../compile/types'
import type { Generator } from '../generator'
import { getRngState, setRngState } from '../generator'
import type { Tensor } from '../tensor'
import type { TrainEvent } from './events'

/** Takes every event of a run. */
export interface Logger {
  log(event: TrainEvent): void | Promise<void>
  /** Called once, when the run has ended. */
  close?(): void | Promise<void>
}

/** compile(). */
export type Compile = <Args extends readonly Tensor[], Result>(
  fn: (...args: Args) => Result,
  options?: CompileOptions
) => CompiledStep<Args, Result>

/** What was found of a run, and what was passed over because it could not be read. */
export interface FoundCheckpoint {
  content: object
  path: string
  skipped: { path: string; reason: string }[]
}

/** A folder of checkpoints. */
export interface Checkpoints {
  /** Keeps `content` as that of `step`; the path of the file. */
  save(step: number, content: object): Promise<string>
  /** The newest that can be read; null where there is none. */
  latest(): Promise<FoundCheckpoint | null>
}

/** Batches one by one, as a DataLoader. */
export interface Loader {
  /** All of the data as tensors and the next pass's order, where batches are nothing but their rows. */
  plain?(): {
    tensors: readonly Tensor[]
    order: Tensor | null
    batchSize: number
    dropLast: boolean
  } | null
  /** What draws the orders; null for the default one. */
  readonly generator?: Generator | null
}

interface Neighbours {
  compile: Compile | null
  checkpoints:
    | ((path: string, options: { keep: number; optionsHash: string }) => Checkpoints)
    | null
  display: ((option: unknown) => Logger) | null
  rngState(): unknown
  restoreRng(state: unknown): void
}

/** The parts of the library that a run is built with. */
export const neighbours: Neighbours = {
  compile: null,
  checkpoints: null,
  display: null,
  rngState: getRngState,
  restoreRng: (state) => setRngState(state as Tensor)
}
