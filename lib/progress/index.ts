/**
 * How far a run is, told as events and shown.
 */
export {
  type ProgressDisplay,
  type ProgressMode,
  type ProgressOptions,
  progressDisplay
} from './display'
export type { LoggedEvent, TrainEvent, TrainEventType } from './event'
export type { ProgressStream } from './output'
