/**
 * What losses have in common: how the losses of single elements become one.
 */
import { finite, oneOf, rangeError } from '../../check'
import { type Tensor, tensorArgument } from '../../tensor'
import type { Reduction } from '../../values'
import { Module } from '../module'

export type { Reduction }

export const reductions = ['mean', 'sum', 'none'] as const

export interface LossOptions {
  /** Average (default), sum, or one loss an element. */
  reduction?: Reduction
}

export interface WeightedLossOptions extends LossOptions {
  /** A buffer of the module, which moves and is saved with it. Default null: all weigh the same. */
  weight?: Tensor | null
}

export abstract class Loss extends Module {
  readonly reduction: Reduction

  constructor({ reduction = 'mean' }: LossOptions) {
    super()
    this.reduction = oneOf('reduction', reduction, reductions)
  }

  /** A buffer, or null in its place. */
  protected optionalBuffer(name: string, tensor: Tensor | null): void {
    if (tensor === null) Object.assign(this, { [name]: null })
    else this.registerBuffer(name, tensorArgument(name, tensor))
  }
}

export abstract class WeightedLoss extends Loss {
  /** A buffer; null where all weigh the same. */
  declare weight: Tensor | null

  constructor({ weight = null, ...options }: WeightedLossOptions) {
    super(options)
    this.optionalBuffer('weight', weight)
  }
}

/** A finite number above 0. */
export function positive(name: string, value: unknown): number {
  if (finite(name, value) <= 0) throw rangeError(name, 'a number above 0', value)
  return value as number
}
