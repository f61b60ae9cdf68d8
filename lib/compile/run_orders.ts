/**
 * The orders in which a run takes samples: one for each pass, drawn as a DataLoader draws them.
 */
import { DataLoader, TensorDataset } from '../dataset'
import { gather } from '../dataset/gather'
import { defaultGenerator } from '../generator'
import { operator } from '../nn/define'
import type { Tensor } from '../tensor'
import type { RunPlan } from './run_options'

const cat = operator<(tensors: readonly Tensor[]) => Tensor>('cat')

export class Orders {
  readonly #plan: RunPlan
  readonly #loader: DataLoader | null
  /** Of the passes from `first` on, one after the other; null for all samples as they lie. */
  joined: Tensor | null
  first = 0
  passes = Number.POSITIVE_INFINITY
  /** The generator's states around the last drawing. */
  #before: Tensor | null = null
  #after: Tensor | null = null

  constructor(plan: RunPlan) {
    this.#plan = plan
    this.joined = plan.order
    this.#loader = null
    if (!plan.shuffle) return
    const { batchSize, generator, dropLast } = plan
    const options = { batchSize, shuffle: true, dropLast, ...(generator && { generator }) }
    this.#loader = new DataLoader(new TensorDataset(...plan.data), options)
    this.passes = 0
  }

  get #generator() {
    return this.#plan.generator ?? defaultGenerator
  }

  /** Draws those of `count` passes from `pass` on, unless they are there. */
  draw(pass: number, count: number): void {
    if (this.#loader === null || (pass >= this.first && pass < this.first + this.passes)) return
    this.#before = this.#generator.getState()
    const drawn = this.#drawn(this.#loader, count)
    this.#after = this.#generator.getState()
    this.joined = drawn.length === 1 ? (drawn[0] as Tensor) : cat(drawn)
    this.first = pass
    this.passes = count
  }

  /** The first step of the run whose order is not drawn. */
  get until(): number {
    return (this.first + this.passes) * this.#plan.passSteps
  }

  /** The batch of step `step` of the run. */
  batch(step: number): Tensor[] {
    const { passSteps, batchSize, samples, shuffle, data } = this.#plan
    const pass = Math.floor(step / passSteps)
    const within = (step % passSteps) * batchSize
    const end = Math.min(within + batchSize, samples)
    const skipped = shuffle ? (pass - this.first) * samples : 0
    return gather(data, this.joined, skipped + within, end - within)
  }

  #drawn(loader: DataLoader, count: number): Tensor[] {
    return Array.from({ length: count }, () => {
      const next = loader.plain()
      if (next === null) throw new Error('run: the order cannot be drawn in advance')
      next.finish()
      return next.order
    })
  }

  /** Leaves the generator as if only `passes` passes had been drawn, unless others have used it since. */
  end(passes: number): void {
    const tooMany = this.first + this.passes - passes
    if (!this.#loader || !this.#before || !this.#after || tooMany <= 0) return
    if (!this.#generator.getState().equal(this.#after)) return
    this.#generator.setState(this.#before)
    this.#drawn(this.#loader, this.passes - tooMany)
  }
}
