/**
 * What ends or halts a run between two steps.
 */
import type { StopReason } from './result'

export class Interrupts {
  #reason: StopReason | null = null
  #stretch: AbortController | null = null
  #resumed: { promise: Promise<void>; resolve: () => void } | null = null
  /** A checkpoint is to be written before the next step. */
  isCheckpointDue = false

  /** Why the run is to end; null while it is not. */
  get reason(): StopReason | null {
    return this.#reason
  }

  /** Ends the run after the step that is running. The first reason counts. */
  stop(reason: StopReason): void {
    this.#reason ??= reason
    this.resume()
    this.halt()
  }

  /** Ends the stretch of steps that is running. */
  halt(): void {
    this.#stretch?.abort()
  }

  dueCheckpoint(): void {
    this.isCheckpointDue = true
    this.halt()
  }

  get isPaused(): boolean {
    return this.#resumed !== null
  }

  pause(): void {
    if (this.#resumed || this.#reason) return
    let resolve = () => {}
    const promise = new Promise<void>((done) => {
      resolve = done
    })
    this.#resumed = { promise, resolve }
    this.halt()
  }

  resume(): void {
    this.#resumed?.resolve()
    this.#resumed = null
  }

  /** Resolves when the run is not paused. */
  async whilePaused(): Promise<void> {
    await this.#resumed?.promise
  }

  /** Whether something waits for the next place between two steps. */
  get isPending(): boolean {
    return this.#reason !== null || this.isCheckpointDue || this.isPaused
  }

  /** Runs `work` with a signal that `halt` aborts. */
  async stretch<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    this.#stretch = controller
    if (this.isPending) controller.abort()
    try {
      return await work(controller.signal)
    } finally {
      this.#stretch = null
    }
  }
}
