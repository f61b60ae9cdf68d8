/**
 * Losses that are NaN or infinite. A step that is not recorded looks at its loss before it updates
 * anything. A recorded one cannot: it is noticed afterwards, and undone by going back to a copy.
 */
import { noGrad } from '../modes'
import type { Counts } from './course'
import { type Context, takeSnapshot } from './context'
import type { Snapshot } from './snapshot'

/** Returns without an epoch that got through: more would help no more. */
const mostRollbacks = 10

/** Whether every parameter is finite. */
export function hasSoundParameters({ plan }: Context): boolean {
  const tensors = plan.optimizer.paramGroups.flatMap(({ params }) => params)
  return noGrad(() => tensors.every((tensor) => Boolean(tensor.isfinite().all().item())))
}

export class NaNGuard {
  readonly #context: Context
  /** For `rollback`: the last state that was known to be good. */
  #good: Snapshot | null = null
  /** Returns since it was kept. */
  #inARow = 0

  constructor(context: Context) {
    this.#context = context
  }

  get action(): 'stop' | 'skip' | 'rollback' {
    return this.#context.plan.onNaN
  }

  /** The state now is good: an epoch begins, or a checkpoint is written. */
  keepGood(): void {
    if (this.action !== 'rollback' || !hasSoundParameters(this.#context)) return
    this.#good?.dispose()
    this.#good = takeSnapshot(this.#context)
    this.#inARow = 0
  }

  /** The step after this one had no finite loss, and its update was left out or has been undone. */
  report(): void {
    const { course, interrupts } = this.#context
    const step = course.step + 1
    const backTo = this.action === 'rollback' ? this.#rollBack() : null
    this.#context.emit({ type: 'nan', epoch: course.epoch + 1, step, action: this.action, backTo })
    if (this.action === 'stop' || this.#inARow > mostRollbacks) interrupts.stop('nan')
    else course.leaveOut()
  }

  #rollBack(): number | null {
    if (!this.#good) return null
    const { course, stepper } = this.#context
    this.#good.restore()
    stepper.forget()
    course.rollbacks += 1
    this.#inARow += 1
    return this.#good.step
  }

  dispose(): void {
    this.#good?.dispose()
  }
}

/** Copies that recorded steps one by one can go back to. */
export class Recent {
  static readonly #every = 32
  readonly #context: Context
  #kept: { snapshot: Snapshot; counts: Counts } | null = null

  constructor(context: Context) {
    this.#context = context
  }

  /** Keeps the state now, if it has not been kept for a while, or if it must be. */
  keep(must: boolean): void {
    const { course, stepper } = this.#context
    if (!stepper.isCompiled) return
    const age = this.#kept ? course.step - this.#kept.counts.step : Number.POSITIVE_INFINITY
    if (age === 0 || (!must && age < Recent.#every)) return
    this.#kept?.snapshot.dispose()
    this.#kept = { snapshot: takeSnapshot(this.#context), counts: course.counts }
  }

  /** Whether the state now is kept. */
  get isNow(): boolean {
    return this.#kept?.counts.step === this.#context.course.step
  }

  /** Goes back to what was kept, with the counts of then. */
  restore(): void {
    if (!this.#kept) throw new Error('train: expected a copy to go back to, got none')
    this.#kept.snapshot.restore()
    this.#context.stepper.forget()
    this.#context.course.counts = this.#kept.counts
  }

  /** An epoch begins: its sums are others. */
  forget(): void {
    this.#kept?.snapshot.dispose()
    this.#kept = null
  }
}
