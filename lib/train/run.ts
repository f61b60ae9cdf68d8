/**
 * train(): a training loop that runs beside everything else that the process does.
 */
import { typeError } from '../check'
import type { Logger } from '../loggers'
import type { Module } from '../nn/module'
import { type ProgressMode, progressDisplay } from '../progress'
import { checkPlan, type Plan } from './check_options'
import { EventQueue, type TrainEvent } from './events'
import { Interrupts } from './interrupts'
import { Loggers } from './log'
import { Loop } from './loop'
import type { TrainOptions } from './options'
import type { TrainResult } from './result'

/** Models and optimizers that are being trained. */
const busy = new Set<object>()

function refuseBusy({ model, optimizer }: Plan): void {
  for (const [name, one] of Object.entries({ model, optimizer })) {
    if (busy.has(one))
      throw typeError(name, 'one that no other run is training', one, 'await that run first')
  }
}

/** Whom a run tells its events. */
function loggersOf({ loggers, progress }: Plan): readonly Logger<TrainEvent>[] {
  if (progress === false) return loggers
  if (typeof progress === 'object' && typeof progress?.log === 'function')
    return [...loggers, progress]
  const mode = progress === true ? 'auto' : (progress as ProgressMode)
  return [...loggers, progressDisplay({ progress: mode })]
}

/**
 * A run of `train()`: `await` it for its result, or `for await (const event of run)` to see how it
 * goes. Events are for those who listen when they happen; a run does not wait for its readers.
 */
export class TrainRun implements PromiseLike<TrainResult>, AsyncIterable<TrainEvent> {
  readonly #interrupts = new Interrupts()
  readonly #queues = new Set<EventQueue>()
  readonly #promise: Promise<TrainResult>
  #ended: { error: { reason: unknown } | null } | null = null

  /** @internal Made by `train()`. */
  constructor(plan: Plan) {
    refuseBusy(plan)
    const loggers = new Loggers(loggersOf(plan))
    const emit = (event: TrainEvent) => {
      loggers.log(event)
      for (const queue of this.#queues) queue.push(event)
    }
    const loop = new Loop({ plan, interrupts: this.#interrupts, emit }, () => loggers.settle())
    this.#promise = this.#run(loop, loggers, [plan.model, plan.optimizer])
  }

  async #run(loop: Loop, loggers: Loggers, trained: object[]): Promise<TrainResult> {
    for (const one of trained) busy.add(one)
    // Who made the run is to get hold of it before the first event.
    await null
    try {
      const result = await loop.run().finally(() => loggers.close())
      this.#end(null)
      return result
    } catch (reason) {
      this.#end({ reason })
      throw reason
    } finally {
      for (const one of trained) busy.delete(one)
    }
  }

  #end(error: { reason: unknown } | null): void {
    this.#ended = { error }
    for (const queue of this.#queues) queue.end(error)
    this.#queues.clear()
  }

  /** Ends the run after the step that is running. The result, with what there is. */
  stop(): Promise<TrainResult> {
    this.#interrupts.stop('stop')
    return this.#promise
  }

  /** Halts the run after the step that is running, until `resume()` or `stop()`. */
  pause(): void {
    this.#interrupts.pause()
  }

  resume(): void {
    this.#interrupts.resume()
  }

  // biome-ignore lint/suspicious/noThenProperty: `await train(...)` gives the result
  then<A = TrainResult, B = never>(
    onFulfilled?: ((result: TrainResult) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null
  ): Promise<A | B> {
    return this.#promise.then(onFulfilled, onRejected)
  }

  catch<B = never>(
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null
  ): Promise<TrainResult | B> {
    return this.#promise.catch(onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<TrainResult> {
    return this.#promise.finally(onFinally)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<TrainEvent> {
    const queue = new EventQueue(() => this.#queues.delete(queue))
    // Who reads the events is told of an error by them.
    this.#promise.catch(() => undefined)
    if (this.#ended) queue.end(this.#ended.error)
    else this.#queues.add(queue)
    return queue
  }
}

/**
 * Trains `model`: forward, loss, backward, clipping, update, batch by batch and epoch by epoch, with
 * validation, schedule, early stopping, checkpoints and exact resume. The event loop stays free: steps
 * that can be recorded are replayed on a thread of their own, others let it turn in between, and
 * `notCompiled` of the result says why.
 *
 *     const run = train(model, { data: [x, y], loss, optimizer, epochs: 10, batchSize: 32, shuffle: true })
 *     for await (const event of run) if (event.type === 'epoch') console.log(event.epoch, event.loss)
 *     const { best, stoppedBy } = await run
 *
 * The model's parameters may be read between events, but not be changed while the run lasts.
 * @throws TypeError or RangeError that names the option, at once. What goes wrong later rejects the run.
 */
export function train(model: Module, options: TrainOptions): TrainRun {
  return new TrainRun(checkPlan(model, options))
}
