/**
 * Search over structure and hyper-parameters.
 */
export type { Direction, SearchResult } from './ranking'
export { type BudgetOptions, type SearchOptions, search } from './search'
export * as space from './space'
export type { Trial, TrialContext, TrialResult } from './trial'
