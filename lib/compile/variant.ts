/**
 * One recording of a step, and what has to hold for its replay.
 */
import { native } from '../native'
import { access } from '../operators/access'
import type { Tensor } from '../tensor'
import { guardOf } from './guards'
import { optimize, type PassName } from './passes'
import { type Plan, planOf, type Program } from './program'
import { freeGarbage, type RecordedTape } from './recording'
import { type RecordedStep, type Step, stepOf } from './step'

/** What a variant answers that does not fit. */
export const failed = Symbol('does not fit')

export class Variant {
  /** How many arguments, where all are tensors; else -1. */
  plainArguments = -1
  readonly numbers: Float64Array
  readonly #guard: () => boolean
  #built: { program: Program; step: Step; plan: Plan } | null = null

  constructor(
    readonly key: string,
    readonly recorded: RecordedStep,
    readonly tape: RecordedTape,
    used: ReadonlyMap<object, unknown>,
    readonly passes: Partial<Record<PassName, boolean>>,
    readonly restore: ((tensors: readonly Tensor[]) => unknown) | null
  ) {
    this.numbers = new Float64Array(Math.max(1, tape.count))
    this.#guard = guardOf(used)
  }

  /** False where the step itself changed what was taken for granted, as a first one that makes state. */
  isSettled(): boolean {
    return this.#guard()
  }

  build(): { program: Program; step: Step; plan: Plan } {
    if (this.#built) return this.#built
    const recorded = this.recorded.registers.length
    const step = stepOf(this.recorded)
    optimize(step, this.passes)
    const plan = planOf(step, recorded, this.tape.count)
    freeGarbage()
    const program = native.createProgram(this.recorded.handle, plan, this.numbers)
    this.#built = { program, step, plan }
    return this.#built
  }

  /** Whether it could be replayed now with these arguments. */
  fits(args: readonly Tensor[]): boolean {
    if (!this.#guard()) return false
    return this.build().program.mismatch(args) === null
  }

  /** Whether the step would take the same branches in JavaScript now. */
  takesSameBranches(): boolean {
    if (!this.tape.play(this.numbers)) return false
    this.tape.takeBack()
    return true
  }

  /** The step's result; `failed` where this recording does not fit. */
  replay(slots: readonly number[], count: number): unknown {
    if (!this.#guard()) return failed
    const { program } = this.build()
    if (!this.tape.play(this.numbers)) return failed
    const isSingle = this.recorded.results.length === 1
    const fresh = isSingle ? access.fresh() : null
    let done: unknown
    try {
      done = call(program, fresh, slots, count)
    } catch (error) {
      this.tape.takeBack()
      throw error
    }
    if (done === -1) {
      this.tape.takeBack()
      return failed
    }
    const result =
      isSingle && typeof done === 'number' ? access.settle(fresh as Tensor, done) : done
    if (this.restore === null) return result
    return this.restore(isSingle ? [result as Tensor] : ((done ?? []) as Tensor[]))
  }
}

/** Calls with few arguments need no array. */
function call(
  program: Program,
  fresh: Tensor | null,
  slots: readonly number[],
  count: number
): unknown {
  if (count === 0) return program.replay(fresh)
  if (count === 1) return program.replay(fresh, slots[0] as number)
  if (count === 2) return program.replay(fresh, slots[0] as number, slots[1] as number)
  return program.replay(fresh, ...slots.slice(0, count))
}
