/**
 * Adamax: Adam with the infinity norm.
 */
import { varying } from '../compile/tape'
import type { Tensor } from '../tensor'
import type { Batch } from './batch'
import * as foreach from './foreach'
import { decay, power, slopes } from './formulas'
import type { GroupInput, ParamGroup } from './groups'
import { OperatorOptimizer } from './operator_optimizer'
import type { OptimizerKind } from './optimizer'
import { betas, flag, notNegative } from './options'
import { pythonKeys } from './python_keys'

export interface AdamaxOptions {
  /** Learning rate, >= 0. Default 0.002. */
  lr?: number
  /** Decays of the average and of the norm of the gradient, each >= 0 and < 1. Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Added to the gradient's size, >= 0, default 1e-8. */
  eps?: number
  /** L2 penalty, >= 0, default 0. */
  weightDecay?: number
  /** Climb instead of descend. Default false. */
  maximize?: boolean
}

const kind: OptimizerKind<AdamaxOptions> = {
  name: 'Adamax',
  options: {
    lr: notNegative(0.002),
    betas: betas(),
    eps: notNegative(1e-8),
    weightDecay: notNegative(0),
    maximize: flag(false)
  },
  state: {
    step: { shape: 'scalar' },
    exp_avg: { shape: 'parameter' },
    exp_inf: { shape: 'parameter' }
  },
  pythonKeys: pythonKeys(['foreach'], ['foreach', 'differentiable', 'capturable'])
}

/**
 * g = grad + weightDecay * p; m = beta1 * m + (1 - beta1) * g; u = max(beta2 * u, |g| + eps);
 * p = p - lr / (1 - beta1^t) * m / u.
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Adamax.html
 */
export class Adamax extends OperatorOptimizer<AdamaxOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<AdamaxOptions>[],
    options?: AdamaxOptions
  ) {
    super(kind, params, options)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<AdamaxOptions>): void {
    const grads = slopes(batch, group)
    const [averages, norms] = [batch.kept('exp_avg'), batch.kept('exp_inf')]
    decay(averages, grads, () => group.betas[0])
    foreach.mul_(
      norms,
      varying(() => group.betas[1])
    )
    const sizes = foreach.abs(grads)
    foreach.add_(sizes, group.eps)
    foreach.maximum_(norms, sizes)
    const stepSize = varying(() => -group.lr / (1 - power(group.betas[0], batch.step)))
    foreach.addcdiv_(batch.params, averages, norms, stepSize)
  }
}
