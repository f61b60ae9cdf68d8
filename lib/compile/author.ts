/**
 * For optimizers, schedules and modules of one's own: what compile() has to know of the JavaScript in a
 * step. Outside of a recording all of it does the plain thing at once.
 */
import { callable, typeError } from '../check'
import * as tape from './tape'
import type { Value } from './tape'

export { isRecording, type Value } from './tape'

function valueArgument(value: unknown): Value {
  if (typeof value !== 'number' && !(value instanceof tape.Varying))
    throw typeError('value', 'a number or what varying() gave', value)
  return value
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw typeError(name, 'a string', value)
  return value
}

/**
 * A number that differs from step to step: what `compute` gives now, and in each replay then. It reads
 * no tensor: those have their values only when the replay runs.
 */
export function varying(compute: () => number): Value {
  return tape.varying(callable('compute', compute))
}

/** The plain number of this step, for an operator. */
export function numberOf(value: Value): number {
  return tape.numberOf(valueArgument(value))
}

/**
 * Has an argument of the operator that was called last take the value of each step.
 * @param argument its name in the operator's schema: `'alpha'` of `add_`, `'value'` of `addcmul_`
 */
export function bindArgument(argument: string, value: Value): void {
  tape.bindArgument(text('argument', argument), valueArgument(value))
}

/**
 * Changes something in JavaScript now, and before each replay. Nothing that `apply` calls is noted down
 * by itself.
 * @param undo takes the last change back, and called again the one before
 */
export function effect(apply: () => void, undo: () => void): void {
  tape.effect(callable('apply', apply), callable('undo', undo))
}

/**
 * As `effect`, for a change that cannot be computed backwards.
 * @param note notes down what is there before it, and gives the function that puts that back
 */
export function effectWithMemory(apply: () => void, note: () => () => void): void {
  tape.effectWithMemory(callable('apply', apply), callable('note', note))
}

/** The value that `compute` gives; a replay where it gives another one records the step again. */
export function branch<T extends boolean | number | string>(compute: () => T): T {
  return tape.branch(callable('compute', compute))
}

/**
 * While a step is recorded, throws: `what` cannot be replayed, `remedy` says what to do instead.
 * @throws Error from compile()
 */
export function refuse(what: string, remedy: string): void {
  tape.refuse(text('what', what), text('remedy', remedy))
}
