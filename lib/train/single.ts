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
import { isRefusal, type Step } from './stepper'
import type { Threads } from './threads'
import { rows } from './tree'

export class SingleSteps {
  readonly #context: Context
  readonly #guard: NaNGuard
  readonly #threads: Threads
  readonly #recent: Recent
  /** How often each step was called with tensors of these shapes. */
  readonly #signatures = new WeakMap<Step, Map<string, number>>()

  constructor(context: Context, guard: NaNGuard, threads: Threads) {
    this.#context = context
    this.#guard = guard
    this.#threads = threads
    this.#recent = new Recent(context)
  }

  /** Whether a step may have to be recorded for these tensors: it may be refused then. */
  #isNew(step: Step, tensors: readonly Tensor[]): boolean {
    const signature = tensors.map(({ shape, dtype }) => `${shape} ${dtype}`).join()
    const known = this.#signatures.get(step) ?? new Map<string, number>()
    this.#signatures.set(step, known)
    const times = known.get(signature) ?? 0
    known.set(signature, times + 1)
    // The first step may make what later ones find: the second is recorded again.
    return times < 2
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
    this.#recent.keep(stepper.isCompiled && this.#isNew(step, tensors))
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
