/**
 * The threads that fetch the batches of one pass. Batch i is worker i % n's, as in Python, so that a
 * dataset that draws from its worker's generator gives the same samples.
 */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import type { BatchIndex } from './batch_indices'
import { type FromWorker, type Wanted, type WorkerTask, errorOf } from './worker_messages'
import type { Message } from '../sharing'

interface Waiting {
  resolve(content: Message): void
  reject(error: Error): void
}

export type PoolTask = Omit<WorkerTask, 'id' | 'workers'>

export class WorkerPool {
  readonly #workers: Worker[]
  /** Batches that came, in whatever order, and are not received yet. */
  readonly #came = new Map<number, Message | Error>()
  readonly #waiting = new Map<number, Waiting>()
  readonly #indices = new Map<number, number | number[]>()
  #failure: Error | null = null
  #isClosed = false
  /** The dataset's length, as soon as all workers are ready. */
  readonly ready: Promise<number>
  #failReady: (error: Error) => void = () => {}

  constructor(task: PoolTask, count: number) {
    this.#workers = Array.from({ length: count }, (_, id) => {
      const workerData: WorkerTask = { ...task, id, workers: count }
      const worker = new Worker(join(__dirname, 'worker.js'), { workerData })
      // Only who waits for a batch keeps the process.
      worker.unref()
      return worker
    })
    this.ready = this.#begin()
    this.ready.catch(() => {})
  }

  #begin(): Promise<number> {
    const lengths: number[] = []
    return new Promise((resolve, reject) => {
      this.#failReady = reject
      for (const [id, worker] of this.#workers.entries()) {
        worker.on('message', (message: FromWorker) => {
          if ('ready' in message) {
            lengths.push(message.ready)
            if (lengths.length === this.#workers.length) resolve(lengths[0] as number)
          } else if ('unable' in message) {
            this.#fail(errorOf(message.unable, `DataLoader: worker ${id} could not begin`))
          } else this.#take(id, message)
        })
        worker.on('error', (error: Error) => {
          const message = `DataLoader: worker ${id} ended with an error: ${error?.message ?? error}`
          this.#fail(new Error(message, { cause: error }))
        })
        worker.on('exit', (code) => this.#fail(this.#death(id, code)))
      }
    })
  }

  #death(id: number, code: number): Error {
    const lost = [...this.#indices].find(([batch]) => batch % this.#workers.length === id)
    const what = lost ? ` while it made batch ${lost[0]}, samples ${text(lost[1])}` : ''
    return new Error(
      `DataLoader: worker ${id} ended with code ${code}${what}; ` +
        'does the dataset end its thread, or was memory short?'
    )
  }

  #take(id: number, message: Extract<FromWorker, { batch: number }>): void {
    const { batch } = message
    const index = this.#indices.get(batch) ?? []
    this.#indices.delete(batch)
    let came: Message | Error
    if ('content' in message) came = message.content
    else {
      const sample = message.thrown.index
      const where = sample === null ? `samples ${text(index)}` : `sample ${sample}`
      came = errorOf(message.thrown, `DataLoader: worker ${id}, batch ${batch}, ${where}`)
    }
    const waiting = this.#waiting.get(batch)
    this.#waiting.delete(batch)
    if (!waiting) this.#came.set(batch, came)
    else if (came instanceof Error) waiting.reject(came)
    else waiting.resolve(came)
  }

  /** No batch comes any more. Those that came are still handed out. */
  #fail(error: Error): void {
    if (this.#isClosed || this.#failure) return
    this.#failure = error
    this.#failReady(error)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  request(batch: number, index: BatchIndex): void {
    const plain = typeof index === 'number' ? index : Array.from(index, Number)
    this.#indices.set(batch, plain)
    const wanted: Wanted = { batch, index: plain }
    this.#workers[batch % this.#workers.length]?.postMessage(wanted)
  }

  /** A batch that was requested. */
  receive(batch: number): Promise<Message> {
    const came = this.#came.get(batch)
    this.#came.delete(batch)
    if (came instanceof Error) return Promise.reject(came)
    if (came) return Promise.resolve(came)
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => this.#waiting.set(batch, { resolve, reject }))
  }

  /** Whether the threads keep the process. */
  hold(isHeld: boolean): void {
    if (this.#isClosed) return
    for (const worker of this.#workers) isHeld ? worker.ref() : worker.unref()
  }

  /** Ends the threads, wherever they are. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    // Who waits for the end of the threads must see it.
    this.hold(true)
    this.#isClosed = true
    const error = new Error('DataLoader: the iterator is closed')
    this.#failReady(error)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    this.#came.clear()
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

function text(index: number | readonly number[]): string {
  const list = typeof index === 'number' ? [index] : index
  return list.length > 10 ? `${list.slice(0, 10).join(', ')}, ...` : list.join(', ')
}
