/**
 * Batches of one pass from workers, in order.
 */
import { fromMessage } from '../sharing'
import type { Pass } from './pass'
import { type Reader, end } from './reader'
import { type PoolTask, WorkerPool } from './worker_pool'

// An iterator that nobody holds any more leaves no threads behind.
const abandoned = new FinalizationRegistry<WorkerPool>((pool) => void pool.close())

export interface WorkerOptions {
  task: PoolTask
  workers: number
  /** Batches beyond the one that is wanted. */
  ahead: number
  /** Called with the dataset's length before the first batch is asked for. */
  onLength: (length: number) => void
}

export class WorkerReader implements Reader {
  readonly #pass: Pass
  readonly #pool: WorkerPool
  readonly #ahead: number
  readonly #onLength: (length: number) => void
  #isReady = false
  #asked = 0
  #received = 0

  constructor(pass: Pass, { task, workers, ahead, onLength }: WorkerOptions) {
    this.#pass = pass
    this.#ahead = ahead
    this.#onLength = onLength
    this.#pool = new WorkerPool(task, workers)
    abandoned.register(this, this.#pool, this)
  }

  async read(): Promise<unknown> {
    this.#pool.hold(true)
    try {
      if (!this.#isReady) {
        this.#onLength(await this.#pool.ready)
        this.#isReady = true
        this.#ask(this.#ahead)
      }
      if (this.#received === this.#asked) this.#ask(1)
      if (this.#received === this.#asked) return end
      const content = await this.#pool.receive(this.#received++)
      this.#ask(this.#ahead - (this.#asked - this.#received))
      return fromMessage(content)
    } finally {
      this.#pool.hold(false)
    }
  }

  #ask(count: number): void {
    for (let i = 0; i < count; i++) {
      const index = this.#pass.take()
      if (index === null) return
      this.#pool.request(this.#asked++, index)
    }
  }

  async close(): Promise<void> {
    abandoned.unregister(this)
    await this.#pool.close()
  }
}
