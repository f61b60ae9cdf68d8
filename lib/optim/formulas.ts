/**
 * What the formulas of several optimizers have in common.
 */
import { isBefore } from '../nn/version'
import { native } from '../native'
import type { Tensor } from '../tensor'
import * as foreach from './foreach'
import type { Batch } from './operator_optimizer'

/** base^exponent as Python computes it: by the C library. */
export const power = native.power

/** PyTorch writes some roots as x ** 0.5 since 2.0, before that as math.sqrt(x). */
export const squareRoot = isBefore(2, 0) ? Math.sqrt : (x: number) => power(x, 0.5)

const lerps = !isBefore(2, 1)

/** average = decay * average + (1 - decay) * value, in place. PyTorch rounds otherwise since 2.1. */
export function decay(averages: Tensor[], values: readonly Tensor[], rate: number): void {
  if (lerps) {
    foreach.lerp_(averages, values, 1 - rate)
  } else {
    foreach.mul_(averages, rate)
    foreach.addScaled_(averages, values, { alpha: 1 - rate })
  }
}

/** average = decay * average + (1 - decay) * value^2, in place. */
export function decaySquares(averages: Tensor[], values: readonly Tensor[], rate: number): void {
  foreach.mul_(averages, rate)
  foreach.addcmul_(averages, values, values, 1 - rate)
}

/** The gradients to descend: negated to climb, and with the slope of an L2 penalty. */
export function slopes(
  { grads, params }: Batch,
  { maximize = false, weightDecay }: { maximize?: boolean; weightDecay: number }
): readonly Tensor[] {
  const down = maximize ? foreach.neg(grads) : grads
  return weightDecay === 0 ? down : foreach.addScaled(down, params, { alpha: weightDecay })
}

/** As `slopes`, but where `decoupledWeightDecay` is set the parameters are shrunk instead. */
export function decoupledSlopes(
  batch: Batch,
  group: { lr: number; maximize: boolean; weightDecay: number; decoupledWeightDecay: boolean }
): readonly Tensor[] {
  const { lr, maximize, weightDecay, decoupledWeightDecay } = group
  if (!decoupledWeightDecay) return slopes(batch, group)
  if (weightDecay !== 0) foreach.mul_(batch.params, 1 - lr * weightDecay)
  return slopes(batch, { maximize, weightDecay: 0 })
}
