/**
 * search(): trials of a user's function over a space of configurations.
 * Sources: Bergstra and Bengio, Random search for hyper-parameter optimization (2012);
 * Jamieson and Talwalkar, Non-stochastic best arm identification (2016), for successive halving.
 */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import {
  callable,
  finite,
  integer,
  oneOf,
  options as checkOptions,
  rangeError,
  typeError
} from '../check'
import { Journal } from './journal'
import { TrialProcess } from './process'
import { type Direction, SearchResult, rank } from './ranking'
import { dimensionsOf, draw, grid } from './configurations'
import type { Space } from './space'
import { type Trial, type TrialRequest, type TrialResult, runTrial } from './trial'

export interface BudgetOptions {
  /** What the first round's trials may spend. */
  min: number
  /** What the last round's may. */
  max: number
  /** How many times more from round to round, and what share survives: 1 / factor. Default 3. */
  factor?: number
}

export interface SearchOptions {
  /** `{ lr: logUniform(1e-4, 1), hidden: [8, 16] }`: a dimension, choices or a constant a name. */
  space: Space
  /** `'random'` (default), `'grid'`, or `'halving'`: random, then the best on more budget. */
  strategy?: 'random' | 'grid' | 'halving'
  /** How many configurations are drawn; of a grid, at most. Default 20; all of a grid. */
  trials?: number
  /** For halving. */
  budget?: BudgetOptions
  /** Whether a low (default) or a high score is good. */
  direction?: Direction
  /** Draws the configurations and each trial's own seed. Default 0. */
  seed?: number
  /** Trials at once, each in a process of its own. Default: the processors. Of a function: none. */
  workers?: number
  /** libtorch's threads in each process. Default 1. */
  threads?: number
  /** Called with the live ranking whenever a trial begins, reports or ends. */
  onProgress?: (ranking: TrialResult[]) => void
  /** A file to which finished trials are added, and from which a killed search goes on. */
  journal?: string
  /** Ends the search. */
  signal?: AbortSignal
}

const names = [
  'space',
  'strategy',
  'trials',
  'budget',
  'direction',
  'seed',
  'workers',
  'threads',
  'onProgress',
  'journal',
  'signal'
]

/** Runs a request and tells scores in between. */
type Run = (request: TrialRequest, report: (score: number) => void) => Promise<number>

/** What halving spends in each round: min, min * factor, ..., max. */
function roundsOf(budget: BudgetOptions | undefined): { budgets: number[]; factor: number } {
  const {
    min,
    max,
    factor = 3
  } = checkOptions<BudgetOptions>('budget', budget, ['min', 'max', 'factor'])
  if (!(finite('budget.min', min) > 0)) throw rangeError('budget.min', 'more than 0', min)
  if (!(finite('budget.max', max) >= min)) throw rangeError('budget.max', `at least ${min}`, max)
  if (!(finite('budget.factor', factor) > 1))
    throw rangeError('budget.factor', 'more than 1', factor)
  const budgets = []
  for (let one = min; one < max; one *= factor) budgets.push(one)
  return { budgets: [...budgets, max], factor }
}

/** A search that runs. */
class Search {
  readonly #options: SearchOptions
  readonly #direction: Direction
  readonly #journal: Journal
  /** The last result of each configuration. */
  readonly #results = new Map<number, TrialResult>()

  constructor(options: SearchOptions, direction: Direction) {
    this.#options = options
    this.#direction = direction
    this.#journal = new Journal(options.journal ?? null)
  }

  ranking(): TrialResult[] {
    return rank(this.#results.values(), this.#direction)
  }

  #tell(): void {
    this.#options.onProgress?.(this.ranking().map((one) => ({ ...one })))
  }

  async #one(request: TrialRequest, run: Run): Promise<void> {
    const known = this.#journal.find(request)
    const result: TrialResult = known
      ? { ...known, trial: request.trial }
      : { ...request, status: 'running', score: null, error: null, seconds: 0 }
    this.#results.set(request.trial, result)
    this.#tell()
    if (known) return
    const start = performance.now()
    try {
      result.score = await run(request, (score) => {
        result.score = score
        this.#tell()
      })
      result.status = 'done'
    } catch (error) {
      this.#options.signal?.throwIfAborted()
      Object.assign(result, { status: 'failed', score: null, error: (error as Error).message })
    }
    result.seconds = (performance.now() - start) / 1000
    this.#journal.add(result)
    this.#tell()
  }

  /** All `requests`, as many at once as there are `runs`. */
  async round(requests: readonly TrialRequest[], runs: readonly Run[]): Promise<void> {
    let next = 0
    const work = async (run: Run) => {
      while (next < requests.length) {
        this.#options.signal?.throwIfAborted()
        await this.#one(requests[next++] as TrialRequest, run)
      }
    }
    await Promise.all(runs.map(work))
  }
}

/** The trials of the first round, and what each round may spend. */
function plan(options: SearchOptions): {
  requests: TrialRequest[]
  budgets: number[]
  factor: number
} {
  const { strategy = 'random', seed = 0 } = options
  oneOf('strategy', strategy, ['random', 'grid', 'halving'])
  integer('seed', seed)
  const dimensions = dimensionsOf(options.space)
  if (strategy !== 'halving' && options.budget !== undefined)
    throw typeError('budget', "no budget without strategy 'halving'", options.budget)
  const { budgets, factor } =
    strategy === 'halving' ? roundsOf(options.budget) : { budgets: [1], factor: 1 }
  const most = options.trials === undefined ? undefined : integer('trials', options.trials, 1)
  const configurations =
    strategy === 'grid' ? grid(dimensions).slice(0, most) : draw(dimensions, most ?? 20, seed)
  const requests = configurations.map((configuration, trial) => ({
    trial,
    seed: seed + trial,
    budget: budgets[0] as number,
    configuration
  }))
  return { requests, budgets, factor }
}

function processes(trial: string | URL, options: SearchOptions, trials: number): TrialProcess[] {
  const { workers = availableParallelism(), threads = 1 } = options
  integer('workers', workers, 1)
  integer('threads', threads, 1)
  const file = trial instanceof URL ? fileURLToPath(trial) : resolve(trial)
  return Array.from({ length: Math.min(workers, trials) }, () => new TrialProcess(file, threads))
}

/**
 * Tries configurations of a space and ranks them: `trial(configuration, { budget, seed, report })`
 * gives a score, or a promise of it. Configurations, seeds and results follow from `seed` alone,
 * whatever the number of workers. A trial that throws, gives no finite number or ends its process is
 * ranked last, with its error.
 *
 * @param trial the path or URL of a module whose default export is the function: its trials run in
 * processes of their own, several at once. Or the function itself: one after the other, here.
 * @throws TypeError, RangeError for wrong options; the signal's reason where it was aborted; Error
 * where every trial failed
 */
export async function search(
  trial: Trial | string | URL,
  options: SearchOptions
): Promise<SearchResult> {
  const isModule = typeof trial === 'string' || trial instanceof URL
  if (!isModule && typeof trial !== 'function')
    throw typeError('trial', 'a function, or the path or URL of a module', trial)
  const given = checkOptions<SearchOptions>('search', options, names)
  const { signal, onProgress, direction = 'minimize' } = given
  oneOf('direction', direction, ['minimize', 'maximize'])
  if (onProgress !== undefined) callable('onProgress', onProgress)
  if (!isModule && given.workers !== undefined)
    throw typeError(
      'workers',
      'none for a function, which runs here',
      given.workers,
      'pass a module'
    )
  const { requests, budgets, factor } = plan(given)
  signal?.throwIfAborted()

  const search = new Search(given, direction)
  const here = signal ?? new AbortController().signal
  const pool = isModule ? processes(trial, given, requests.length) : []
  const stop = () => {
    for (const one of pool) one.close()
  }
  const runs: Run[] = isModule
    ? pool.map((one) => (request, report) => one.run(request, report))
    : [(request, report) => runTrial(trial, request, here, report)]
  signal?.addEventListener('abort', stop)
  try {
    let left = requests
    for (const budget of budgets) {
      await search.round(
        left.map((request) => ({ ...request, budget })),
        runs
      )
      const scored = search
        .ranking()
        .filter((one) => one.budget === budget && one.status === 'done')
      const best = scored.slice(0, Math.max(1, Math.floor(left.length / factor)))
      left = requests.filter((request) => best.some((one) => one.trial === request.trial))
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
  const ranking = search.ranking()
  const [first] = ranking
  if (first?.status !== 'done')
    throw new Error(`search: every trial failed, the first with: ${ranking.at(0)?.error}`)
  return new SearchResult(ranking)
}
