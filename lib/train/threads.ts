/**
 * How many threads the operators of a step should use: too many for a small step make it slower.
 */
import { availableParallelism } from 'node:os'

import { getNumThreads, setNumThreads } from '../runtime'
import { cgroupProcessors } from '../threads'
import type { Tensor } from '../tensor'
import { turn } from '../pacer'
import { type Context, takeSnapshot } from './context'
import type { Arrangement } from './step'

export interface ThreadTiming {
  threads: number
  /** Of one step. */
  seconds: number
}

/** Milliseconds that a number of threads is measured for. */
const budget = 60
/** Steps before it, which allocate and record. */
const warmUp = 2

/** 1, 2, 4, ... and all that this process may use. */
export function candidates(
  granted = Math.max(1, Math.min(availableParallelism(), Math.ceil(cgroupProcessors())))
): number[] {
  const found: number[] = []
  for (let count = 1; count < granted; count *= 2) found.push(count)
  return [...found, granted]
}

/** The shortest of some steps: what disturbs one makes it longer. */
async function shortest(step: () => void): Promise<number> {
  for (let i = 0; i < warmUp; i++) step()
  const end = performance.now() + budget
  let best = Number.POSITIVE_INFINITY
  do {
    await turn()
    const start = performance.now()
    step()
    best = Math.min(best, performance.now() - start)
  } while (performance.now() < end)
  return best / 1000
}

/** Fewer threads unless more are faster: what they do not use, others can. */
export function fastest(timings: readonly ThreadTiming[]): number {
  const [first, ...others] = timings as [ThreadTiming, ...ThreadTiming[]]
  return others.reduce((best, one) => (one.seconds < best.seconds * 0.97 ? one : best), first)
    .threads
}

/** Runs that have set a number of their own, and the number before the first of them did. */
const holders = new Set<Threads>()
let before = 0

/** The threads of one run. */
export class Threads {
  readonly #context: Context
  #count: number | null = null
  /** What was measured; null where nothing was. */
  timings: ThreadTiming[] | null = null

  constructor(context: Context) {
    this.#context = context
  }

  /** How many each operator of the run may use. */
  get count(): number {
    return this.#count ?? getNumThreads()
  }

  /** Sets a number that was given. */
  begin(): void {
    const { threads } = this.#context.plan
    if (threads === null) return
    if (holders.size === 0) before = getNumThreads()
    holders.add(this)
    if (threads !== 'auto') this.#set(threads)
  }

  #set(count: number): void {
    this.#count = count
    setNumThreads(count)
  }

  /** Puts the number back; of several runs at once the last one does. */
  end(): void {
    if (holders.delete(this) && holders.size === 0) setNumThreads(before)
  }

  /**
   * With `threads: 'auto'`, before the run's first step: measures that step with each number of
   * threads, puts back all that it changed, and sets the number that was fastest.
   */
  async choose(arrangement: Arrangement, tensors: readonly Tensor[]): Promise<void> {
    const { plan, stepper } = this.#context
    if (plan.threads !== 'auto' || this.timings) return
    const snapshot = takeSnapshot(this.#context)
    this.timings = []
    try {
      for (const threads of candidates()) {
        this.#set(threads)
        const seconds = await shortest(() => stepper.tryOut(arrangement, tensors))
        this.timings.push({ threads, seconds })
      }
      this.#set(fastest(this.timings))
    } finally {
      snapshot.restore()
      snapshot.dispose()
      stepper.forget()
    }
  }
}
