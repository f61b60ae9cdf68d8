/**
 * How the losses of single elements become one.
 */
import { oneOf } from '../../check'
import type { Tensor } from '../../tensor'
import type { Reduction } from '../../values'

const reductions = ['none', 'mean', 'sum'] as const

/** at::Reduction's number. */
export function reductionCode(reduction: Reduction): number {
  return reductions.indexOf(oneOf('reduction', reduction, reductions))
}

/** The losses of all elements, their mean or their sum. */
export function reduce(losses: Tensor, reduction: Reduction): Tensor {
  const code = reductionCode(reduction)
  if (code === 0) return losses
  return code === 1 ? losses.mean() : losses.sum()
}
