/**
 * Where batches of one pass come from.
 */
import { typeError } from '../check'
import { type Recipe, fetchBatch } from './fetch'
import type { Pass } from './pass'

/** What a reader gives when there is nothing more. */
export const end = Symbol('end of data')

export interface Reader {
  /** The next batch, `end`, or a promise of either. */
  read(): unknown
  /** Lets go of what it reads from, in mid-pass. */
  close(): void | Promise<void>
}

/** Batches of a map-style dataset. */
export class MapReader implements Reader {
  readonly #pass: Pass
  readonly #recipe: Recipe

  constructor(pass: Pass, recipe: Recipe) {
    this.#pass = pass
    this.#recipe = recipe
  }

  read(): unknown {
    const index = this.#pass.take()
    return index === null ? end : fetchBatch(this.#recipe, index)
  }

  close(): void {}
}

/** What a loop without `await` cannot read. */
export function asynchronous(got: unknown): TypeError {
  return typeError(
    'dataset',
    'batches that are there at once',
    got,
    'read an asynchronous dataset, or workers, with for await (const batch of loader)'
  )
}
