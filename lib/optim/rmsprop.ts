/**
 * RMSprop: steps divided by the root of a running average of squared gradients.
 */
import { branch, varying } from '../compile/tape'
import { isBefore } from '../nn/version'
import type { Tensor } from '../tensor'
import type { Batch } from './batch'
import * as foreach from './foreach'
import { decay, decaySquares, slopes } from './formulas'
import type { GroupInput, ParamGroup } from './groups'
import { OperatorOptimizer } from './operator_optimizer'
import type { OptimizerKind } from './optimizer'
import { flag, notNegative } from './options'
import { pythonKeys } from './python_keys'

export interface RMSpropOptions {
  /** Learning rate, >= 0. Default 0.01. */
  lr?: number
  /** Decay of the average of squares, >= 0, default 0.99. */
  alpha?: number
  /** Added to the denominator, >= 0, default 1e-8. */
  eps?: number
  /** L2 penalty, >= 0, default 0. */
  weightDecay?: number
  /** >= 0, default 0. */
  momentum?: number
  /** Divides by the deviation instead of the root mean square. Default false. */
  centered?: boolean
  /** Climb instead of descend. Default false. */
  maximize?: boolean
}

const kind: OptimizerKind<RMSpropOptions> = {
  name: 'RMSprop',
  options: {
    lr: notNegative(0.01),
    alpha: notNegative(0.99),
    eps: notNegative(1e-8),
    weightDecay: notNegative(0),
    momentum: notNegative(0),
    centered: flag(false),
    maximize: flag(false)
  },
  state: {
    step: { shape: 'scalar', isInteger: isBefore(2, 3) },
    square_avg: { shape: 'parameter' },
    momentum_buffer: { shape: 'parameter', when: ({ momentum }) => momentum > 0 },
    grad_avg: { shape: 'parameter', when: ({ centered }) => centered }
  },
  pythonKeys: pythonKeys(['foreach', 'differentiable'], ['capturable', 'foreach', 'differentiable'])
}

/**
 * g = grad + weightDecay * p; v = alpha * v + (1 - alpha) * g^2; a = sqrt(v) + eps, or, centered, with
 * m = alpha * m + (1 - alpha) * g, a = sqrt(v - m^2) + eps; p = p - lr * g / a, or, with momentum,
 * b = momentum * b + g / a and p = p - lr * b.
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 */
export class RMSprop extends OperatorOptimizer<RMSpropOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<RMSpropOptions>[],
    options?: RMSpropOptions
  ) {
    super(kind, params, options)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<RMSpropOptions>): void {
    const { eps, centered } = group
    const alpha = () => group.alpha
    const grads = slopes(batch, group)
    const squares = batch.kept('square_avg')
    decaySquares(squares, grads, alpha)
    const roots = centered
      ? deviations(batch.kept('grad_avg'), squares, grads, alpha)
      : foreach.sqrt(squares)
    foreach.add_(roots, eps)
    const stepSize = varying(() => -group.lr)
    if (branch(() => group.momentum > 0)) {
      const buffers = batch.kept('momentum_buffer')
      foreach.mul_(
        buffers,
        varying(() => group.momentum)
      )
      foreach.addcdiv_(buffers, grads, roots, 1)
      foreach.addScaled_(batch.params, buffers, stepSize)
    } else {
      foreach.addcdiv_(batch.params, grads, roots, stepSize)
    }
  }
}

function deviations(
  averages: Tensor[],
  squares: readonly Tensor[],
  grads: readonly Tensor[],
  alpha: () => number
): Tensor[] {
  decay(averages, grads, alpha)
  const variances = foreach.addcmul(squares, averages, averages, -1)
  foreach.sqrt_(variances)
  return variances
}
