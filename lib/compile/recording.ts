/**
 * For optimizers, schedules and modules of one's own: what compile() has to know of the JavaScript in a
 * step. Outside of a recording all of it does the plain thing at once.
 */
export {
  bindArgument,
  branch,
  effect,
  effectWithMemory,
  isRecording,
  numberOf,
  refuse,
  type Value,
  varying
} from './tape'
