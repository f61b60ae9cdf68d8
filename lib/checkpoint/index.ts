/**
 * Runs that go on after anything: checkpoints that are whole or not there, and all random states.
 */
export type { CheckpointError } from './errors'
export {
  type Checkpoint,
  CheckpointFolder,
  type CheckpointOptions,
  type LatestOptions,
  type SavedCheckpoint,
  type SkippedFile
} from './folder'
export { type RestoredRng, type RngState, restoreRng, rngState } from './rng'
