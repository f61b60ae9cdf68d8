/**
 * How far a run is, told as events and shown.
 */
export {
  type ProgressDisplay,
  type ProgressMode,
  type ProgressOptions,
  progressDisplay
} from './display'
export type { LoggedEvent } from './event'
export type { ProgressStream } from './output'
