/**
 * Trials in the order of their scores.
 */
import { textTable } from '../text_table'
import type { TrialResult } from './trial'

export type Direction = 'minimize' | 'maximize'

/** Best first: larger budgets, then scores, then trials that have none, then failed ones. */
export function rank(trials: Iterable<TrialResult>, direction: Direction): TrialResult[] {
  const sign = direction === 'minimize' ? 1 : -1
  const group = ({ status, score }: TrialResult) =>
    status === 'failed' ? 2 : score === null ? 1 : 0
  return [...trials].sort((a, b) => {
    if (group(a) !== group(b)) return group(a) - group(b)
    if (a.budget !== b.budget) return b.budget - a.budget
    if (a.score !== b.score) return sign * ((a.score ?? 0) - (b.score ?? 0))
    return a.trial - b.trial
  })
}

const number = (value: number) => (Number.isInteger(value) ? String(value) : value.toPrecision(5))
const text = (value: unknown) =>
  typeof value === 'number'
    ? number(value)
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)

/** What a search found. */
export class SearchResult {
  /** Every configuration's last trial, best first. */
  readonly ranking: readonly TrialResult[]

  constructor(ranking: readonly TrialResult[]) {
    this.ranking = ranking
  }

  /** The best trial: `best.configuration`, `best.score`. */
  get best(): TrialResult {
    return this.ranking[0] as TrialResult
  }

  /** The ranking as text: a line a configuration. */
  table(): string {
    const names = Object.keys(this.best.configuration)
    const head = ['rank', 'trial', 'score', 'budget', 'seconds', ...names]
    const rows = this.ranking.map((one, i) => [
      String(i + 1),
      String(one.trial),
      one.status === 'failed' ? 'failed' : text(one.score),
      number(one.budget),
      one.seconds.toFixed(2),
      ...names.map((name) => text(one.configuration[name]))
    ])
    return textTable(head, rows)
  }

  /** For `JSON.stringify`. */
  toJSON(): { best: TrialResult; ranking: readonly TrialResult[] } {
    return { best: this.best, ranking: this.ranking }
  }

  toString(): string {
    return this.table()
  }
}
