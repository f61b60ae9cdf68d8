/**
 * The order that a sampler draws, taken piece by piece, with its place kept. It is kept as plain
 * numbers: a tensor might be freed by the scope in which it was drawn.
 */
import { tensor } from '../data'
import { Generator } from '../generator'
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

export class DrawnOrder {
  readonly #sampler: DrawnSampler
  readonly #plan: OrderPlan
  #generator: Generator | undefined
  #drawn = 0
  #rest: BigInt64Array | null = null

  constructor(sampler: DrawnSampler, state?: DrawnOrderState) {
    this.#sampler = sampler
    this.#plan = sampler.plan()
    this.#generator = sampler.generator
    if (!state) return
    this.#drawn = state.drawn
    this.#rest = state.rest && indicesOf(state.rest)
    if (state.generator) this.#generator = new Generator().setState(state.generator)
  }

  /** All that is left of a part, or the next one; null at the end. */
  takePart(): BigInt64Array | null {
    const rest = this.#rest
    if (rest) {
      this.#rest = null
      return rest
    }
    if (this.#drawn === this.#plan.parts) return null
    if (!this.#generator && this.#sampler.drawsSeed)
      this.#generator = new Generator().manualSeed(drawSeed())
    return indicesOf(this.#plan.draw(this.#drawn++, this.#generator))
  }

  /** The next `count` indices, fewer at the end; null where there is none. */
  take(count: number): BigInt64Array | null {
    const taken: BigInt64Array[] = []
    let missing = count
    while (missing > 0) {
      const part = this.takePart()
      if (!part) break
      if (part.length === 0) continue
      taken.push(part.subarray(0, missing))
      if (part.length > missing) this.#rest = part.subarray(missing)
      missing -= Math.min(part.length, missing)
    }
    return taken.length < 2 ? (taken[0] ?? null) : joined(taken)
  }

  /** All that is left, drawn now; it can still be taken. */
  drawAll(): BigInt64Array {
    this.#rest = this.take(Number.POSITIVE_INFINITY) ?? new BigInt64Array()
    return this.#rest
  }

  state(): DrawnOrderState {
    const ownsGenerator = this.#generator !== undefined && !this.#sampler.generator
    return {
      drawn: this.#drawn,
      rest: this.#rest && tensor(this.#rest),
      generator: ownsGenerator ? (this.#generator as Generator).getState() : null
    }
  }
}

/** A tensor of indices as a typed array. */
export function indicesOf(order: Tensor): BigInt64Array {
  return order.toTypedArray() as BigInt64Array
}

/** Arrays of indices one after the other. */
export function joined(parts: readonly BigInt64Array[]): BigInt64Array {
  const whole = new BigInt64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
