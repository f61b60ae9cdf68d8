/**
 * What train() uses of its neighbours, and where they are put.
 */
import { CheckpointFolder, type RngState, restoreRng, rngState } from '../checkpoint'
import { compile } from '../compile'
import type { CompiledStep, CompileOptions } from '../compile/types'
import { type ProgressMode, progressDisplay } from '../progress'
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
  /** Keeps `content`, which is copied before it returns, as that of `step`. */
  save(step: number, content: object): Promise<{ path: string }>
  /** The newest that can be read; null where there is none. */
  latest(): Promise<FoundCheckpoint | null>
}

/** A pass of a loader that is nothing but rows of tensors in an order. */
export interface PlainData {
  tensors: readonly Tensor[]
  order: Tensor | null
  batchSize: number
  dropLast: boolean
  /** Tells the loader that batches were used, so that its state says so. */
  advance?(batches: number): void
  /** Tells the loader that the pass is over. */
  finish?(): void
}

/** Batches one by one, as a DataLoader; one with a state can go on in mid-pass. */
export interface Loader {
  /** Begins a pass; null where it must be iterated over. */
  plain(): PlainData | null
  stateDict?(): object
  // biome-ignore lint/suspicious/noExplicitAny: each loader has a type of its own for it
  loadStateDict?(state: any): void
}

interface Neighbours {
  compile: Compile
  checkpoints: (path: string, options: { keep: number; options: object }) => Checkpoints
  display: (option: unknown) => Logger
  rngState(): unknown
  restoreRng(state: unknown): void
}

/** The parts of the library that a run is built with; tests put others in their places. */
export const neighbours: Neighbours = {
  compile: compile as Compile,
  checkpoints: (path, options) => new CheckpointFolder(path, options),
  display: (mode) => progressDisplay({ progress: mode === true ? 'auto' : (mode as ProgressMode) }),
  rngState,
  restoreRng: (state) => restoreRng(state as RngState)
}
