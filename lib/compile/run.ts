/**
 * step.run(): steps over data on a native thread. JavaScript cuts a run into stretches, notes down the
 * numbers that change from step to step (tape.ts) for each, and waits for the thread between them.
 */
import { DataLoader, TensorDataset } from '../dataset'
import { isTurnDue, turn } from '../pacer'
import { getNumThreads } from '../runtime'
import { isTensor } from '../tensor'
import type { Compiled } from './compile'
import { BusyError } from './error'
import type { Program } from './program'
import { runLoader } from './run_loader'
import { checkRun, type RunPlan } from './run_options'
import { Orders } from './run_orders'
import { note, type Stretch } from './run_stretch'
import { giveBack, type RunnerThread, takeThread } from './runners'
import { refuse } from './tape'
import type { RunData, RunOptions, RunResult } from './types'
import type { Variant } from './variant'

/** Milliseconds that a stretch should last, and steps that it may have. */
const [stretchTime, mostSteps] = [100, 1 << 20]
/** Milliseconds between two reports. */
const reportEvery = 100
/** Milliseconds of steps that are not worth waking a thread for. */
const handOver = 0.5

interface Outcome {
  done: number
  error: Error | null
}

export class Run {
  readonly #orders: Orders
  readonly #start = performance.now()
  #losses = new Float64Array(64)
  #done = 0
  #aborted = false
  #failure: { error: unknown } | null = null
  #thread: RunnerThread | null = null
  #ended: ((outcome: Outcome) => void) | null = null
  /** Losses of the stretch on the thread. */
  #running: Float64Array | null = null
  #held: Program[] = []
  #budget = 64
  #lastReport = 0

  constructor(
    readonly compiled: Compiled<readonly unknown[], unknown>,
    readonly plan: RunPlan
  ) {
    this.#orders = new Orders(plan)
  }

  async go(): Promise<RunResult> {
    const { signal, total, passSteps, onStep } = this.plan
    const abort = () => {
      this.#aborted = true
      this.#thread?.handle.cancel()
    }
    const timer = onStep && setInterval(() => this.#report(), reportEvery)
    try {
      this.#hold()
      if (signal?.aborted) abort()
      signal?.addEventListener('abort', abort, { once: true })
      while (this.#done < total && !this.#aborted && !this.#failure) await this.#next()
      if (this.#failure) throw this.#failure.error
      if (this.#done > 0) this.#tell(this.#done, this.#losses[this.#done - 1] as number)
    } finally {
      clearInterval(timer)
      signal?.removeEventListener('abort', abort)
      if (this.#thread) giveBack(this.#thread)
      this.#free()
      this.#orders.end(Math.ceil(this.#done / passSteps))
    }
    return this.#result()
  }

  /** Has others told that what the step changes is busy. */
  #hold(): void {
    const programs = this.compiled.variants.map((variant) => variant.build().program)
    for (const program of programs) program.requireIdle()
    for (const program of programs) program.hold()
    this.#held = programs
  }

  #free(): void {
    for (const program of this.#held) program.release()
    this.#held = []
  }

  /** Does `work`, which may use what the run holds. */
  #holding<Result>(work: () => Result): Result {
    this.#free()
    const result = work()
    this.#hold()
    return result
  }

  /** A stretch on the thread, or one step here, which records what is missing. */
  async #next(): Promise<void> {
    const stretch = this.#holding(() => {
      this.#drawOrders()
      return this.#prepare()
    })
    if (stretch && (await this.#replay(stretch))) return
    do {
      this.#holding(() => this.#stepHere())
      // Nothing of a step that is not recorded yet can be held: nobody comes in between.
    } while (this.#isUnknown() && this.#done < Math.min(4, this.plan.total))
    if (isTurnDue()) await turn()
  }

  #drawOrders(): void {
    const { passSteps, total } = this.plan
    const { variants, refusal } = this.compiled
    const pass = Math.floor(this.#done / passSteps)
    const isRandom = ({ recorded }: Variant) => recorded.calls.some((call) => call.isRandom)
    // What the steps draw comes between the orders.
    const isSingle = variants.length === 0 || refusal !== null || variants.some(isRandom)
    const passes = isSingle ? 1 : Math.max(1, Math.ceil(this.#budget / passSteps))
    this.#orders.draw(pass, Math.min(passes, Math.ceil(total / passSteps) - pass))
  }

  /** Null where the next step cannot be made on the thread. */
  #prepare(): Stretch | null {
    const { plan, compiled } = this
    if (!plan.isNative || compiled.refusal !== null) return null
    if ((plan.total - this.#done) * compiled.stepTime < handOver) return null
    const most = Math.min(
      this.#budget,
      this.compiled.untilVerified,
      this.#orders.until - this.#done,
      plan.total - this.#done
    )
    const probe = (batch: number) => plan.data.map((tensor) => tensor.slice(0, 0, batch))
    const variants = plan.parts.map(({ batch }) => compiled.fitting(probe(batch)))
    return note(plan, variants, this.#done, most)
  }

  /** False where no step was made. */
  async #replay(stretch: Stretch): Promise<boolean> {
    const { plan } = this
    const { programs, count, numbers, width } = stretch
    const began = performance.now()
    const losses = new Float64Array(count)
    let outcome: Outcome
    try {
      outcome = await this.#onThread({
        parts: plan.parts.map((part, i) => ({ ...part, program: programs[i] as Program })),
        data: plan.data,
        order: this.#orders.joined,
        samples: plan.shuffle ? plan.samples : 0,
        first: this.#done - this.#orders.first * plan.passSteps,
        count,
        numbers,
        width,
        losses
      })
    } catch (error) {
      stretch.takeBack(0)
      throw error
    }
    stretch.takeBack(outcome.done)
    this.#keep(losses.subarray(0, outcome.done))
    this.compiled.countSteps(outcome.done)
    if (outcome.error !== null) throw outcome.error
    const took = performance.now() - began
    if (outcome.done > 0) this.compiled.stepTime = took / outcome.done
    if (took < stretchTime / 2) this.#budget = Math.min(this.#budget * 4, mostSteps)
    else if (took > stretchTime * 2) this.#budget = Math.max(1, Math.floor(this.#budget / 2))
    return outcome.done > 0
  }

  /** Counts steps that are done, and keeps their losses. */
  #keep(losses: Float64Array): void {
    const done = this.#done + losses.length
    if (done > this.#losses.length) {
      const grown = new Float64Array(Math.max(done, 2 * this.#losses.length))
      grown.set(this.#losses.subarray(0, this.#done))
      this.#losses = grown
    }
    this.#losses.set(losses, this.#done)
    this.#done = done
  }

  #onThread(job: Parameters<RunnerThread['handle']['start']>[0]): Promise<Outcome> {
    this.#thread ??= takeThread(this.plan.threads ?? getNumThreads(), (done, error) => {
      this.#running = null
      this.#ended?.({ done, error })
    })
    return new Promise((resolve) => {
      this.#ended = resolve
      this.#thread?.handle.start(job)
      this.#running = job.losses
    })
  }

  #isUnknown(): boolean {
    return this.compiled.variants.length === 0 && this.compiled.refusal === null
  }

  /** One step on this thread, as a call. */
  #stepHere(): void {
    this.#drawOrders()
    const began = performance.now()
    const { recordings } = this.compiled
    const result = this.compiled.call(this.#orders.batch(this.#done))
    this.#keep(Float64Array.of(lossIn(result)))
    if (this.compiled.recordings === recordings) this.compiled.stepTime = performance.now() - began
  }

  #report(): void {
    const running = this.#running === null ? 0 : (this.#thread?.handle.done() ?? 0)
    const steps = this.#done + running
    if (steps === 0 || this.#failure) return
    try {
      this.#tell(
        steps,
        (running > 0 ? this.#running?.[running - 1] : this.#losses[steps - 1]) as number
      )
    } catch (error) {
      this.#failure = { error }
      this.#thread?.handle.cancel()
    }
  }

  #tell(step: number, loss: number): void {
    if (step === this.#lastReport) return
    this.#lastReport = step
    const seconds = (performance.now() - this.#start) / 1000
    this.plan.onStep?.({ step, epoch: Math.ceil(step / this.plan.passSteps), loss, seconds })
  }

  #result(): RunResult {
    return {
      steps: this.#done,
      epochs: Math.floor(this.#done / this.plan.passSteps),
      losses: this.#losses.slice(0, this.#done),
      aborted: this.#aborted && this.#done < this.plan.total,
      seconds: (performance.now() - this.#start) / 1000
    }
  }
}

async function runOnce(
  compiled: Compiled<readonly unknown[], unknown>,
  plan: RunPlan
): Promise<RunResult> {
  if (compiled.isRunning) throw new BusyError()
  compiled.isRunning = true
  try {
    return await new Run(compiled, plan).go()
  } finally {
    compiled.isRunning = false
  }
}

/** The first of a step's results as a number; NaN where it is no tensor of one element. */
function lossIn(result: unknown): number {
  const first = Array.isArray(result) ? result[0] : result
  return isTensor(first) && first.numel() === 1 ? Number(first.item()) : Number.NaN
}

/** step.run(data, options). Wrong arguments throw at once, what goes wrong later rejects. */
export function run(
  compiled: Compiled<readonly unknown[], unknown>,
  data: RunData,
  options: RunOptions | undefined
): Promise<RunResult> {
  refuse('step.run()', 'call it outside of the step')
  if (data instanceof DataLoader) {
    return runLoader(
      data,
      options,
      (tensors, its) => runOnce(compiled, checkRun(tensors, its)),
      (batch) => lossIn(compiled.call(batch))
    )
  }
  return runOnce(compiled, checkRun(data instanceof TensorDataset ? data.tensors : data, options))
}
