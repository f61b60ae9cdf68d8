/**
 * Parameters that one call of an optimizer's formula updates, and what is kept for them.
 */
import type { DType } from '../dtype'
import { operator } from '../operators/call'
import type { Tensor } from '../tensor'
import { rounded } from './rounding'

/** A number that Python keeps in a tensor, which rounds it. */
interface KeptNumber {
  value: number
  dtype: DType
}

/** What is kept for a parameter. `step` is a number here, whatever Python writes. */
export interface Slot {
  step: number
  tensors: Record<string, Tensor>
  numbers: Record<string, KeptNumber>
  /** The parameter's dtype and device. */
  type: string
}

export function makeSlot(parameter: Tensor, step = 0): Slot {
  return { step, tensors: {}, numbers: {}, type: `${parameter.dtype} ${parameter.device}` }
}

function isAlike(one: Slot, other: Slot): boolean {
  if (one.step !== other.step || one.type !== other.type) return false
  for (const name in one.numbers) {
    const { value, dtype } = one.numbers[name] as KeptNumber
    const its = other.numbers[name]
    if (!its || !Object.is(its.value, value) || its.dtype !== dtype) return false
  }
  return true
}

/**
 * Parameters of a group that have a gradient, of one dtype and device, for which the same numbers are
 * kept: they took as many steps.
 */
export class Batch {
  readonly params: Tensor[] = []
  readonly grads: Tensor[] = []
  readonly #slots: Slot[] = []
  /** Steps that a float32 did not count. */
  #uncounted = 0

  add(parameter: Tensor, grad: Tensor, slot: Slot): void {
    this.params.push(real(parameter, slot))
    this.grads.push(real(grad, slot))
    this.#slots.push(slot)
  }

  get #first(): Slot {
    return this.#slots[0] as Slot
  }

  /** Whether a parameter for which `slot` is kept fits in. */
  takes(slot: Slot): boolean {
    return isAlike(this.#first, slot)
  }

  /** Whether the parameters still belong together: another step may have passed some of them by. */
  isWhole(): boolean {
    return this.#slots.every((slot) => isAlike(this.#first, slot))
  }

  /** What is kept under `name` for each of the parameters. */
  kept(name: string): Tensor[] {
    return this.#slots.map((slot) => real(slot.tensors[name] as Tensor, slot))
  }

  /** The number of the step that is being made, from 1. */
  get step(): number {
    return this.#first.step
  }

  /** Counts the step. Python counts in a float32, which stays at 2^24. */
  count(): void {
    const next = Math.fround(this.step + 1)
    if (next === this.step) this.#uncounted += 1
    for (const slot of this.#slots) slot.step = next
  }

  /** Takes the last `count` back. */
  uncount(): void {
    if (this.#uncounted > 0) this.#uncounted -= 1
    else for (const slot of this.#slots) slot.step -= 1
  }

  /** The number that is kept under `name`. */
  number(name: string): number {
    return (this.#first.numbers[name] as KeptNumber).value
  }

  /** Has `value` kept under `name`, rounded. */
  setNumber(name: string, value: number): void {
    for (const { numbers } of this.#slots) {
      const kept = numbers[name] as KeptNumber
      kept.value = rounded(value, kept.dtype)
    }
  }

  /** `value` as a number kept under `name` would be. */
  round(name: string, value: number): number {
    return rounded(value, (this.#first.numbers[name] as KeptNumber).dtype)
  }

  /** Notes down the numbers; the function puts them back. */
  noteNumbers(): () => void {
    const values = Object.entries(this.#first.numbers).map(([name, { value }]) => [name, value])
    return () => {
      for (const [name, value] of values as [string, number][]) this.setNumber(name, value)
    }
  }
}

export const viewAsReal = operator<(self: Tensor) => Tensor>('view_as_real')

/** As in Python, a complex number is two real ones to the formulas. */
function real(value: Tensor, slot: Slot): Tensor {
  return slot.type.startsWith('complex') && value.dtype.startsWith('complex')
    ? viewAsReal(value)
    : value
}
