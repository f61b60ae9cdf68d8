/**
 * What the formulas of several optimizers have in common. Rates are functions: what they give may be
 * another number in each step.
 */
import { branch, varying } from '../compile/tape'
import { native } from '../native'
import { isBefore } from '../nn/version'
import type { Tensor } from '../tensor'
import * as foreach from './foreach'
import type { Batch } from './batch'

/** base^exponent as Python computes it: by the C library. */
export const power = native.power

/** PyTorch writes some roots as x ** 0.5 since 2.0, before that as math.sqrt(x). */
export const squareRoot = isBefore(2, 0) ? Math.sqrt : (x: number) => power(x, 0.5)

const lerps = !isBefore(2, 1)

/** average = rate * average + (1 - rate) * value, in place. PyTorch rounds otherwise since 2.1. */
export function decay(averages: Tensor[], values: readonly Tensor[], rate: () => number): void {
  const rest = varying(() => 1 - rate())
  if (lerps) {
    foreach.lerp_(averages, values, rest)
  } else {
    foreach.mul_(averages, varying(rate))
    foreach.addScaled_(averages, values, rest)
  }
}

/** average = rate * average + (1 - rate) * value^2, in place. */
export function decaySquares(
  averages: Tensor[],
  values: readonly Tensor[],
  rate: () => number
): void {
  foreach.mul_(averages, varying(rate))
  foreach.addcmul_(
    averages,
    values,
    values,
    varying(() => 1 - rate())
  )
}

/** The gradients, negated to climb. */
export function downhill({ grads }: Batch, maximize = false): readonly Tensor[] {
  return maximize ? foreach.neg(grads) : grads
}

/** The gradients to descend: negated to climb, and with the slope of an L2 penalty. */
export function slopes(
  batch: Batch,
  group: { maximize?: boolean; weightDecay: number }
): readonly Tensor[] {
  const down = downhill(batch, group.maximize)
  if (branch(() => group.weightDecay === 0)) return down
  return foreach.addScaled(
    down,
    batch.params,
    varying(() => group.weightDecay)
  )
}

/** The gradients to descend, after the parameters were shrunk. */
export function decoupledSlopes(
  batch: Batch,
  group: { lr: number; maximize?: boolean; weightDecay: number }
): readonly Tensor[] {
  if (branch(() => group.weightDecay !== 0)) {
    foreach.mul_(
      batch.params,
      varying(() => 1 - group.lr * group.weightDecay)
    )
  }
  return downhill(batch, group.maximize)
}
