/**
 * Steps one by one: for batches that come as a stream, and where something happens after each.
 */
import type { Tensor } from '../tensor'
import { type FlatBatch, moved } from './batch'
import type { Context } from './context'
import { firstResult } from './eager_step'
import { type NaNGuard, Recent } from './nan'
import type { Pass } from './pass'
import { stepAfterUpdate } from './schedule'
import type { Arrangement } from './step'
import { isRefusal } from './stepper'
import type { Threads } from './threads'
import { rows } from './tree'

export class SingleSteps {
  readonly #context: Context
  readonly #guard: NaNGuard
  readonly #threads: Threads
  readonly #recent: Recent

  constructor(context: Context, guard: NaNGuard, threads: Threads) {
    this.#context = context
    this.#guard = guard
    this.#threads = threads
    this.#recent = new Recent(context)
  }

  /** An epoch begins. */
  begin(): void {
    this.#recent.forget()
  }

  /** The next update. Its loss; null where there are no more batches. */
  async next(pass: Pass): Promise<number | null> {
    const { plan, course } = this.#context
    const batches = await course.waitFor(() => this.#take(pass))
    if (batches.length === 0) return null
    const arrangement: Arrangement = {
      kind: 'batches',
      layouts: batches.map(({ layout }) => layout)
    }
    const samples = batches.reduce((sum, { tensors }) => sum + rows(tensors[0] as Tensor), 0)
    const tensors = batches.flatMap((batch) => batch.tensors)
    await this.#threads.choose(arrangement, tensors)
    const loss = this.#step(arrangement, tensors)
    if (Number.isFinite(loss)) {
      course.add(loss, samples)
      if (plan.schedule) stepAfterUpdate(plan.schedule, loss)
    } else {
      // A recorded step has updated already.
      if (this.#context.stepper.isCompiled && plan.onNaN === 'stop') this.#recent.restore()
      this.#guard.report()
    }
    return loss
  }

  async #take(pass: Pass): Promise<FlatBatch[]> {
    const { accumulate, device } = this.#context.plan
    const batches: FlatBatch[] = []
    while (batches.length < accumulate) {
      const batch = await pass.next()
      if (batch === null) break
      batches.push(moved(batch, device))
    }
    return batches
  }

  #step(arrangement: Arrangement, tensors: readonly Tensor[]): number {
    const { stepper } = this.#context
    const step = stepper.step(arrangement)
    this.#recent.keep(step.recordings === 0)
    try {
      return firstResult(step(...tensors))
    } catch (error) {
      // What the step had done before it was refused must be undone.
      if (!isRefusal(error) || !stepper.isCompiled || !this.#recent.isNow) throw error
      this.#recent.restore()
      stepper.giveUp(error)
      return firstResult(stepper.step(arrangement)(...tensors))
    }
  }
}
