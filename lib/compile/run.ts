/**
 * step.run(): steps over data on a native thread. JavaScript cuts a run into stretches, notes down the
 * numbers that change from step to step (tape.ts) for each, and waits for the thread between them.
 */
import { DataLoader, TensorDataset } from '../dataset'
import { operator } from '../nn/define'
import { isTurnDue, turn } from '../pacer'
import { getNumThreads } from '../runtime'
import { isTensor, type Tensor } from '../tensor'
import type { Compiled } from './compile'
import { checkRun, type RunPlan } from './run_options'
import { giveBack, type RunnerThread, takeThread } from './runners'
import type { RunOptions, RunResult } from './types'
import type { Variant } from './variant'

/** Milliseconds that a stretch should last, and that noting down numbers for it may take. */
const [stretchTime, noteTime] = [100, 1.5]
/** As many steps can be taken back (tape.ts). */
const mostNoted = 2048
const mostSteps = 1 << 20
/** Milliseconds between two reports. */
const reportEvery = 100
/** Milliseconds of steps that are not worth waking a thread for. */
const handOver = 0.5

const cat = operator<(tensors: readonly Tensor[]) => Tensor>('cat')
const indexSelect = operator<(self: Tensor, dim: number, index: Tensor) => Tensor>('index_select')

interface Outcome {
  done: number
  mismatch: string | null
  error: string | null
}

/** Orders of passes to come, one after the other. */
class Orders {
  readonly #loader: DataLoader | null
  /** Of the passes from `first` on. */
  joined: Tensor | null
  first = 0
  passes = Number.POSITIVE_INFINITY

  constructor(plan: RunPlan) {
    this.joined = plan.order
    this.#loader = null
    if (!plan.shuffle) return
    const { batchSize, generator, dropLast } = plan
    const options = { batchSize, shuffle: true, dropLast, ...(generator && { generator }) }
    this.#loader = new DataLoader(new TensorDataset(...plan.data), options)
    this.passes = 0
  }

  /** Draws those of `count` passes from `pass` on, unless they are there. */
  draw(pass: number, count: number): void {
    if (this.#loader === null || (pass >= this.first && pass < this.first + this.passes)) return
    const drawn: Tensor[] = []
    for (let i = 0; i < count; i++) {
      const next = this.#loader.plain()
      if (next === null) throw new Error('run: the order cannot be drawn in advance')
      drawn.push(next.order)
      next.finish()
    }
    this.joined = drawn.length === 1 ? (drawn[0] as Tensor) : cat(drawn)
    this.first = pass
    this.passes = count
  }
}

export class Run {
  readonly #losses: Float64Array[] = []
  readonly #orders: Orders
  readonly #start = performance.now()
  #done = 0
  #aborted = false
  #thread: RunnerThread | null = null
  #ended: ((outcome: Outcome) => void) | null = null
  #budget = 64
  #lastReport = 0

  constructor(
    readonly compiled: Compiled<readonly unknown[], unknown>,
    readonly plan: RunPlan
  ) {
    this.#orders = new Orders(plan)
  }

  async go(): Promise<RunResult> {
    const { signal, total } = this.plan
    const abort = () => {
      this.#aborted = true
      this.#thread?.handle.cancel()
    }
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true })
    const timer = setInterval(() => this.#report(), reportEvery)
    try {
      while (this.#done < total && !this.#aborted) await this.#next()
    } finally {
      clearInterval(timer)
      signal?.removeEventListener('abort', abort)
      if (this.#thread) giveBack(this.#thread)
    }
    if (this.#done > 0) this.#tell(this.#done, this.#lossOf(this.#done))
    return this.#result()
  }

  /** A stretch on the thread, or one step here, which records what is missing. */
  async #next(): Promise<void> {
    const { passSteps } = this.plan
    const pass = Math.floor(this.#done / passSteps)
    const draws = this.compiled.variants.some(({ recorded }) =>
      recorded.calls.some(({ isRandom }) => isRandom)
    )
    const passes = draws ? 1 : Math.max(1, Math.ceil(this.#budget / passSteps))
    this.#orders.draw(pass, Math.min(passes, Math.ceil(this.plan.total / passSteps) - pass))
    if (!(await this.#stretch())) await this.#stepHere()
  }

  /** False where the next step cannot be made on the thread. */
  async #stretch(): Promise<boolean> {
    const { plan } = this
    if (!plan.isNative || this.compiled.refusal !== null) return false
    if ((plan.total - this.#done) * this.compiled.stepTime < handOver) return false
    const variants = plan.parts.map(({ batch }) => this.compiled.fitting(this.#probe(batch)))
    const count = this.#countFor(variants)
    if (count === 0) return false
    const noted = this.#note(variants, count)
    if (noted.count === 0) return false
    const began = performance.now()
    const losses = new Float64Array(noted.count)
    const { first } = this.#orders
    const outcome = await this.#onThread({
      parts: plan.parts.map(({ batch, steps }, i) => ({
        program: (variants[i] ?? (variants[0] as Variant)).build().program,
        batch,
        steps
      })),
      data: plan.data,
      order: this.#orders.joined,
      samples: plan.shuffle ? plan.samples : 0,
      first: this.#done - first * plan.passSteps,
      count: noted.count,
      numbers: noted.numbers,
      width: noted.width,
      losses
    })
    for (let i = noted.count - 1; i >= outcome.done; i--) {
      this.#variantAt(variants, i)?.tape.takeBack()
    }
    this.#losses.push(losses.subarray(0, outcome.done))
    this.#done += outcome.done
    if (outcome.error !== null) throw new Error(`compile: ${outcome.error}`)
    const took = performance.now() - began
    if (outcome.done > 0) this.compiled.stepTime = took / outcome.done
    if (took < stretchTime / 2) this.#budget = Math.min(this.#budget * 4, mostSteps)
    else if (took > stretchTime * 2) this.#budget = Math.max(1, Math.floor(this.#budget / 2))
    return outcome.done > 0
  }

  /** How many steps from here on have a recording. */
  #countFor(variants: readonly (Variant | null)[]): number {
    const { plan } = this
    const { passSteps } = plan
    const left = Math.min(plan.total - this.#done, this.#budget)
    const orders = (this.#orders.first + this.#orders.passes) * passSteps - this.#done
    let count = Math.min(left, orders)
    if (!variants.includes(null)) return count
    const within = this.#done % passSteps
    const firstPart = plan.parts[0]?.steps ?? 0
    if (variants[0] === null) {
      return variants[1] && within >= firstPart ? Math.min(count, passSteps - within) : 0
    }
    count = Math.min(count, firstPart - within)
    return Math.max(0, count)
  }

  #variantAt(variants: readonly (Variant | null)[], ahead: number): Variant | null {
    const within = (this.#done + ahead) % this.plan.passSteps
    return variants[within < (this.plan.parts[0]?.steps ?? 0) ? 0 : 1] ?? null
  }

  /** Plays the tape of up to `count` steps. */
  #note(
    variants: readonly (Variant | null)[],
    count: number
  ): { count: number; numbers: Float64Array; width: number } {
    const width = Math.max(1, ...variants.map((variant) => variant?.tape.count ?? 0))
    const isEmpty = variants.every((variant) => !variant || variant.tape.entries.length === 0)
    if (isEmpty) return { count, numbers: new Float64Array(1), width: 0 }
    const most = Math.min(count, mostNoted)
    const numbers = new Float64Array(most * width)
    const until = performance.now() + noteTime
    for (let i = 0; i < most; i++) {
      const { tape } = this.#variantAt(variants, i) as Variant
      const isPlayed = tape.play(numbers.subarray(i * width, (i + 1) * width))
      if (!isPlayed) return { count: i, numbers, width }
      if (i % 16 === 15 && performance.now() > until) return { count: i + 1, numbers, width }
    }
    return { count: most, numbers, width }
  }

  /** Arguments of the shape that a batch has. */
  #probe(batch: number): Tensor[] {
    return this.plan.data.map((tensor) => tensor.slice(0, 0, batch))
  }

  #onThread(job: Parameters<RunnerThread['handle']['start']>[0]): Promise<Outcome> {
    this.#thread ??= takeThread(this.plan.threads ?? getNumThreads(), (done, mismatch, error) => {
      this.#running = null
      this.#ended?.({ done, mismatch, error })
    })
    return new Promise((resolve) => {
      this.#ended = resolve
      this.#running = job.losses
      this.#thread?.handle.start(job)
    })
  }
  #running: Float64Array | null = null

  /** One step on this thread, as a call. */
  async #stepHere(): Promise<void> {
    const began = performance.now()
    const { recordings } = this.compiled
    const result = this.compiled.call(this.#batch())
    const first = isTensor(result) ? result : Array.isArray(result) ? result[0] : null
    const loss = isTensor(first) && first.numel() === 1 ? Number(first.item()) : Number.NaN
    this.#losses.push(Float64Array.of(loss))
    this.#done++
    if (this.compiled.recordings === recordings) this.compiled.stepTime = performance.now() - began
    if (isTurnDue()) await turn()
  }

  /** The batch of the next step. */
  #batch(): Tensor[] {
    const { plan } = this
    const { passSteps, batchSize } = plan
    const pass = Math.floor(this.#done / passSteps)
    const within = (this.#done % passSteps) * batchSize
    const end = Math.min(within + batchSize, plan.samples)
    const { joined, first } = this.#orders
    if (joined === null) return plan.data.map((tensor) => tensor.slice(0, within, end))
    const skipped = plan.shuffle ? (pass - first) * plan.samples : 0
    const rows = joined.slice(0, skipped + within, skipped + end)
    return plan.data.map((tensor) => indexSelect(tensor, 0, rows))
  }

  #lossOf(step: number): number {
    let before = step - 1
    for (const part of this.#losses) {
      if (before < part.length) return part[before] as number
      before -= part.length
    }
    return Number.NaN
  }

  #report(): void {
    const running = this.#thread?.handle.done() ?? 0
    if (this.#running !== null && running > 0) {
      this.#tell(this.#done + running, this.#running[running - 1] as number)
    } else if (this.#done > 0) {
      this.#tell(this.#done, this.#lossOf(this.#done))
    }
  }

  #tell(step: number, loss: number): void {
    if (step === this.#lastReport) return
    this.#lastReport = step
    const seconds = (performance.now() - this.#start) / 1000
    this.plan.onStep?.({ step, epoch: Math.ceil(step / this.plan.passSteps), loss, seconds })
  }

  #result(): RunResult {
    const losses = new Float64Array(this.#done)
    let at = 0
    for (const part of this.#losses) {
      losses.set(part, at)
      at += part.length
    }
    return {
      steps: this.#done,
      epochs: Math.floor(this.#done / this.plan.passSteps),
      losses,
      aborted: this.#aborted,
      seconds: (performance.now() - this.#start) / 1000
    }
  }
}

/** step.run(data, options). */
export async function run(
  compiled: Compiled<readonly unknown[], unknown>,
  data: readonly Tensor[],
  options: RunOptions | undefined
): Promise<RunResult> {
  return new Run(compiled, checkRun(data, options)).go()
}
