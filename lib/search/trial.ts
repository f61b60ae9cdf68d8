/**
 * One trial of a search, as the user's function sees it and as it ended.
 */
import { manualSeed } from '../runtime'
import type { Configuration } from './space'

/** What a trial is told beside its configuration. */
export interface TrialContext {
  /** The trial's number, from 0. */
  readonly trial: number
  /** Its own seed, by which `manualSeed` was called before it began. */
  readonly seed: number
  /** How much it may spend, in the unit of `budget`; 1 without one. */
  readonly budget: number
  /** Aborted when the search is. */
  readonly signal: AbortSignal
  /** Tells a score in between, for the live ranking. */
  report(score: number): void
}

/** What a search calls: gives the score, or a promise of it. */
export type Trial = (
  configuration: Configuration,
  context: TrialContext
) => number | Promise<number>

/** What is to be run. */
export interface TrialRequest {
  trial: number
  seed: number
  budget: number
  configuration: Configuration
}

/** How a trial stands. */
export interface TrialResult extends TrialRequest {
  status: 'running' | 'done' | 'failed'
  /** The last that it reported, then what it returned; null before and where it failed. */
  score: number | null
  /** Why it failed. */
  error: string | null
  seconds: number
}

/** Calls the user's function, with the generator seeded. @throws TypeError for a score that is no finite number */
export async function runTrial(
  trial: Trial,
  { configuration, ...request }: TrialRequest,
  signal: AbortSignal,
  report: (score: number) => void
): Promise<number> {
  manualSeed(request.seed)
  const score = await trial(configuration, { ...request, signal, report })
  if (!Number.isFinite(score))
    throw new TypeError(
      `trial ${request.trial}: expected a finite number as its score, got ${score}`
    )
  return score
}
