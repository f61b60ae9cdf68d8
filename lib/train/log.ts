/**
 * Events on their way to the loggers.
 */
import type { Logger } from '../loggers'
import type { TrainEvent } from './events'

export class Loggers {
  readonly #loggers: readonly Logger<TrainEvent>[]
  readonly #waiting = new Set<Promise<void>>()
  #failure: Error | null = null

  constructor(loggers: readonly Logger<TrainEvent>[]) {
    this.#loggers = loggers
  }

  log(event: TrainEvent): void {
    for (const [i, logger] of this.#loggers.entries()) this.#call(i, () => logger.log(event))
  }

  #call(i: number, call: () => void | Promise<void>): void {
    try {
      const result = call()
      if (typeof result?.then !== 'function') return
      const waiting = Promise.resolve(result)
        .catch((error: unknown) => this.#failed(i, error))
        .finally(() => this.#waiting.delete(waiting))
      this.#waiting.add(waiting)
    } catch (error) {
      this.#failed(i, error)
    }
  }

  #failed(i: number, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.#failure ??= new Error(`loggers[${i}]: ${reason}`, { cause })
  }

  /** Waits for all that was given to them. @throws the first error of one */
  async settle(): Promise<void> {
    if (this.#waiting.size > 0) await Promise.all(this.#waiting)
    const failure = this.#failure
    this.#failure = null
    if (failure) throw failure
  }

  async close(): Promise<void> {
    for (const [i, logger] of this.#loggers.entries()) this.#call(i, () => logger.close?.())
    await this.settle()
  }
}
