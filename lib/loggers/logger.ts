/**
 * What a logger is, and how it fails.
 */
import type { LoggedEvent } from '../progress'

/** Takes a run's events. Any object with a `log` is one. */
export interface Logger<Event extends LoggedEvent = LoggedEvent> {
  /** What it throws, or rejects with, is the run's error. */
  log(event: Event): void | Promise<void>
  /** Called once, when the run has ended. */
  close?(): void | Promise<void>
}

/** A logger could not write: no space left, no permission, closed already. */
export class LoggerError extends Error {
  override readonly name = 'LoggerError'
  /** The file or folder. */
  readonly path: string
  /** The system's code, such as `'ENOSPC'`. */
  readonly code: string

  constructor(message: string, path: string, code: string, cause?: unknown) {
    super(message, { cause })
    this.path = path
    this.code = code
  }
}
