/**
 * What of a step happens in JavaScript. While compile() records a step, the dispatcher sees its
 * operators (native/recorder.h); counters and numbers that change from step to step are noted down
 * here, by those who own them, and are run again, in the same order, before each replay.
 */
import type { Tensor } from '../tensor'

/** A number that is another one in the next step, such as -lr / (1 - beta1^t). */
export class Varying {
  /** @param slot its place among the numbers of a step */
  constructor(
    readonly value: number,
    readonly slot: number
  ) {}
}

export type Value = number | Varying

/** What records. */
export interface Tape {
  varying(compute: () => number): Varying
  effect(apply: () => void, undo: () => void): void
  branch(compute: () => unknown): void
  refuse(what: string, remedy: string): never
  bindArgument(argument: string, value: Varying): void
  bindTensor(tensor: Tensor, value: Varying): void
  /** A module was called, an optimizer took a step. */
  uses(object: object): void
  backward(): void
}

let active: Tape | null = null

/** Sets what records; null for nothing. Returns what did before. */
export function setTape(tape: Tape | null): Tape | null {
  const before = active
  active = tape
  return before
}

/** Whether a step is being recorded. */
export function isRecording(): boolean {
  return active !== null
}

/** The number that `compute` gives now, and in each replay then. */
export function varying(compute: () => number): Value {
  return active === null ? compute() : active.varying(compute)
}

/** The plain number. */
export function numberOf(value: Value): number {
  return typeof value === 'number' ? value : value.value
}

/**
 * Changes something in JavaScript now, and before each replay; `undo` takes the last change back, and
 * called again the one before. Nothing that `apply` calls is noted down: it is part of this change.
 */
export function effect(apply: () => void, undo: () => void): void {
  if (active === null) apply()
  else active.effect(() => unrecorded(apply), undo)
}

/** How many changes `effectWithMemory` can take back at least. */
const remembered = 4096

/**
 * As `effect`, for a change that has no inverse: `keep` notes down what is there before it, and gives
 * the function that puts that back.
 */
export function effectWithMemory(apply: () => void, keep: () => () => void): void {
  if (active === null) {
    apply()
    return
  }
  const changes: (() => void)[] = []
  const applyAndRemember = () => {
    if (changes.length >= 2 * remembered) changes.splice(0, remembered)
    const putBack = keep()
    try {
      apply()
    } catch (error) {
      putBack()
      throw error
    }
    changes.push(putBack)
  }
  effect(applyAndRemember, () => {
    const putBack = changes.pop()
    if (!putBack) throw new Error(`compile: only the last ${remembered} steps can be taken back`)
    putBack()
  })
}

function unrecorded(fn: () => void): void {
  const before = setTape(null)
  try {
    fn()
  } finally {
    setTape(before)
  }
}

/** The value that `compute` gives; a replay where it gives another one records the step again. */
export function branch<T extends boolean | number | string>(compute: () => T): T {
  active?.branch(compute)
  return compute()
}

/** Refuses to be recorded: `what` cannot be replayed, `remedy` says what to do instead. */
export function refuse(what: string, remedy: string): void {
  active?.refuse(what, remedy)
}

/** Has `argument` (libtorch's name) of the operator that was called last take the value of each step. */
export function bindArgument(argument: string, value: Value): void {
  if (typeof value !== 'number') active?.bindArgument(argument, value)
}

/** Has `tensor`, of one element and made outside of the dispatcher, hold the value of each step. */
export function bindTensor(tensor: Tensor, value: Value): void {
  if (typeof value !== 'number') active?.bindTensor(tensor, value)
}

/** Notes that a module or an optimizer takes part in the step. */
export function uses(object: object): void {
  active?.uses(object)
}

/** Notes that gradients were computed. */
export function noteBackward(): void {
  active?.backward()
}
