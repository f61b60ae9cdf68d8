/**
 * Adam and its kin with decoupled weight decay, AdamW.
 */
import { varying } from '../compile/tape'
import type { Tensor } from '../tensor'
import type { Batch } from './batch'
import * as foreach from './foreach'
import { decay, decaySquares, decoupledSlopes, power, slopes, squareRoot } from './formulas'
import type { GroupInput, ParamGroup } from './groups'
import { OperatorOptimizer } from './operator_optimizer'
import type { OptimizerKind } from './optimizer'
import { betas, flag, notNegative, since } from './options'
import { pythonKeys } from './python_keys'

export interface AdamOptions {
  /** Learning rate, >= 0. Default 0.001. */
  lr?: number
  /** Decays of the averages of the gradient and of its square, each >= 0 and < 1. Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Added to the denominator, >= 0, default 1e-8. */
  eps?: number
  /** L2 penalty (Adam, default 0) or shrinking (AdamW, default 0.01), >= 0. */
  weightDecay?: number
  /** Divides by the largest average of squares so far. Default false. */
  amsgrad?: boolean
  /** Climb instead of descend. Default false. */
  maximize?: boolean
}

function adamKind(
  name: string,
  weightDecay: number,
  keys: Record<string, unknown>
): OptimizerKind<AdamOptions> {
  return {
    name,
    options: {
      lr: notNegative(0.001),
      betas: betas(),
      eps: notNegative(1e-8),
      weightDecay: notNegative(weightDecay),
      amsgrad: flag(false),
      maximize: flag(false)
    },
    state: {
      step: { shape: 'scalar' },
      exp_avg: { shape: 'parameter' },
      exp_avg_sq: { shape: 'parameter' },
      max_exp_avg_sq: { shape: 'parameter', when: ({ amsgrad }) => amsgrad }
    },
    pythonKeys: keys
  }
}

const all = ['foreach', 'capturable', 'differentiable', 'fused'] as const
const decoupled = (flag: boolean) => since(2, 7, { decoupled_weight_decay: flag })
const adam = adamKind('Adam', 0, { ...pythonKeys(all, all), ...decoupled(false) })
const adamW = adamKind('AdamW', 0.01, {
  ...pythonKeys(['foreach', 'capturable'], all),
  ...decoupled(true)
})

function update(batch: Batch, grads: readonly Tensor[], group: Required<AdamOptions>): void {
  const { eps, amsgrad } = group
  const [averages, squares] = [batch.kept('exp_avg'), batch.kept('exp_avg_sq')]
  decay(averages, grads, () => group.betas[0])
  decaySquares(squares, grads, () => group.betas[1])
  const largest = amsgrad ? batch.kept('max_exp_avg_sq') : squares
  if (amsgrad) foreach.maximum_(largest, squares)
  const denominators = foreach.sqrt(largest)
  foreach.div_(
    denominators,
    varying(() => squareRoot(1 - power(group.betas[1], batch.step)))
  )
  foreach.add_(denominators, eps)
  const stepSize = varying(() => -group.lr / (1 - power(group.betas[0], batch.step)))
  foreach.addcdiv_(batch.params, averages, denominators, stepSize)
}

/**
 * g = grad + weightDecay * p; m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2;
 * p = p - lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps).
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 */
export class Adam extends OperatorOptimizer<AdamOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<AdamOptions>[],
    options?: AdamOptions
  ) {
    super(adam, params, options)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<AdamOptions>): void {
    update(batch, slopes(batch, group), group)
  }
}

/**
 * As Adam, but weightDecay shrinks the parameters themselves: p = p * (1 - lr * weightDecay) before
 * the step, and g = grad.
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 */
export class AdamW extends OperatorOptimizer<AdamOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<AdamOptions>[],
    options?: AdamOptions
  ) {
    super(adamW, params, options)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<AdamOptions>): void {
    update(batch, decoupledSlopes(batch, group), group)
  }
}
