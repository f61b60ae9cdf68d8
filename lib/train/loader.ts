/**
 * Loaders: what train() needs of data that come in batches.
 */
import type { Tensor } from '../tensor'

/** A pass of a loader that is nothing but rows of tensors in an order. */
export interface PlainData {
  tensors: readonly Tensor[]
  order: Tensor | null
  batchSize: number
  dropLast: boolean
  /** Tells the loader that batches were used, so that its state says so. */
  advance?(batches: number): void
  /** Tells the loader that the pass is over. */
  finish?(): void
}

/** Batches one by one, as a DataLoader; one with a state can go on in mid-pass. */
export interface Loader {
  /** Begins a pass; null where it must be iterated over. */
  plain(): PlainData | null
  stateDict?(): object
  // biome-ignore lint/suspicious/noExplicitAny: each loader has a type of its own for it
  loadStateDict?(state: any): void
}
