/**
 * How many threads the operators of a step should use: too many for a small step make it slower.
 */
import { availableParallelism } from 'node:os'

import { setNumThreads } from '../runtime'
import { cgroupProcessors } from '../threads'
import { Pacer } from './pacer'

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
  const pacer = new Pacer()
  for (let i = 0; i < warmUp; i++) step()
  const end = performance.now() + budget
  let best = Number.POSITIVE_INFINITY
  do {
    await pacer.turn()
    const start = performance.now()
    step()
    best = Math.min(best, performance.now() - start)
  } while (performance.now() < end)
  return best / 1000
}

/** Measures `step` with each number of threads and sets the one that was fastest. */
export async function chooseThreads(step: () => void): Promise<ThreadTiming[]> {
  const timings: ThreadTiming[] = []
  for (const threads of candidates()) {
    setNumThreads(threads)
    timings.push({ threads, seconds: await shortest(step) })
  }
  setNumThreads(fastest(timings))
  return timings
}

/** Fewer threads unless more are faster: what they do not use, others can. */
export function fastest(timings: readonly ThreadTiming[]): number {
  const [first, ...others] = timings as [ThreadTiming, ...ThreadTiming[]]
  return others.reduce((best, one) => (one.seconds < best.seconds * 0.97 ? one : best), first)
    .threads
}
