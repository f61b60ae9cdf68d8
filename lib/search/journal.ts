/**
 * What a search has done so far, in a file.
 */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'

import type { Configuration } from './space'
import type { TrialResult } from './trial'

/** Finished trials in a file, a line each, so that a search that was killed goes on. */
export class Journal {
  readonly #path: string | null
  readonly #known = new Map<string, TrialResult>()

  /** @throws SyntaxError where a line is no JSON */
  constructor(path: string | null) {
    this.#path = path
    if (path === null || !existsSync(path)) return
    const content = readFileSync(path)
    // What follows the last line break was cut off when the process was killed.
    const end = content.lastIndexOf('\n') + 1
    truncateSync(path, end)
    for (const line of content.toString('utf8', 0, end).split('\n').slice(0, -1)) {
      const result = JSON.parse(line) as TrialResult
      this.#known.set(Journal.#key(result), result)
    }
  }

  static #key(one: { seed: number; budget: number; configuration: Configuration }): string {
    return JSON.stringify([one.seed, one.budget, one.configuration])
  }

  /** The result of the same trial, where the file has it. */
  find(request: {
    seed: number
    budget: number
    configuration: Configuration
  }): TrialResult | null {
    return this.#known.get(Journal.#key(request)) ?? null
  }

  add(result: TrialResult): void {
    if (this.#path !== null) appendFileSync(this.#path, `${JSON.stringify(result)}\n`)
  }
}
