/**
 * The order that a sampler draws, taken piece by piece, with its place kept.
 */
import { empty } from '../creation'
import { Generator } from '../generator'
import { operator } from '../nn/define'
import type { Tensor } from '../tensor'
import { drawSeed } from './draws'
import type { DrawnSampler, OrderPlan } from './samplers'

/** Where an order is. */
export interface DrawnOrderState {
  /** How many parts are drawn. */
  drawn: number
  /** What is drawn and not taken, int64. */
  rest: Tensor | null
  /** The sampler's own generator, where a drawn seed has started it. */
  generator: Tensor | null
}

const cat = operator('cat')

export class DrawnOrder {
  readonly #sampler: DrawnSampler
  readonly #plan: OrderPlan
  #generator: Generator | undefined
  #drawn = 0
  #rest: Tensor | null = null

  constructor(sampler: DrawnSampler, state?: DrawnOrderState) {
    this.#sampler = sampler
    this.#plan = sampler.plan()
    this.#generator = sampler.generator
    if (!state) return
    this.#drawn = state.drawn
    this.#rest = state.rest
    if (state.generator) this.#generator = new Generator().setState(state.generator)
  }

  /** All that is left of a part, or the next one; null at the end. */
  takePart(): Tensor | null {
    const rest = this.#rest
    if (rest) {
      this.#rest = null
      return rest
    }
    if (this.#drawn === this.#plan.parts) return null
    if (!this.#generator && this.#sampler.drawsSeed)
      this.#generator = new Generator().manualSeed(drawSeed())
    return this.#plan.draw(this.#drawn++, this.#generator)
  }

  /** The next `count` indices, fewer at the end; null where there is none. */
  take(count: number): Tensor | null {
    const taken: Tensor[] = []
    let missing = count
    while (missing > 0) {
      const part = this.takePart()
      if (!part) break
      const size = part.shape[0] as number
      if (size === 0) continue
      taken.push(size > missing ? part.narrow(0, 0, missing) : part)
      if (size > missing) this.#rest = part.narrow(0, missing, size - missing)
      missing -= Math.min(size, missing)
    }
    if (taken.length < 2) return taken[0] ?? null
    return cat(taken)
  }

  /** All that is left, drawn now; it can still be taken. */
  drawAll(): Tensor {
    this.#rest = this.take(Number.POSITIVE_INFINITY) ?? empty([0], { dtype: 'int64' })
    return this.#rest
  }

  state(): DrawnOrderState {
    const ownsGenerator = this.#generator !== undefined && !this.#sampler.generator
    return {
      drawn: this.#drawn,
      rest: this.#rest?.clone() ?? null,
      generator: ownsGenerator ? (this.#generator as Generator).getState() : null
    }
  }
}
