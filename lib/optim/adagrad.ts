/**
 * Adagrad: steps divided by the root of the sum of all squared gradients.
 */
import type { Tensor } from '../tensor'
import * as foreach from './foreach'
import { slopes } from './formulas'
import type { CheckedGroup, GroupInput, ParamGroup } from './groups'
import { type Batch, filledLike, OperatorOptimizer } from './operator_optimizer'
import type { OptimizerKind } from './optimizer'
import { flag, notNegative } from './options'
import { pythonKeys } from './python_keys'

export interface AdagradOptions {
  /** Learning rate, >= 0. Default 0.01. */
  lr?: number
  /** lr is divided by 1 + t * lrDecay, t from 0. >= 0, default 0. */
  lrDecay?: number
  /** L2 penalty, >= 0, default 0. */
  weightDecay?: number
  /** What the sums begin with, >= 0, default 0. The optimizer's holds for all groups, as in Python. */
  initialAccumulatorValue?: number
  /** Added to the denominator, >= 0, default 1e-10. */
  eps?: number
  /** Climb instead of descend. Default false. */
  maximize?: boolean
}

const kind: OptimizerKind<AdagradOptions> = {
  name: 'Adagrad',
  options: {
    lr: notNegative(0.01),
    lrDecay: notNegative(0),
    weightDecay: notNegative(0),
    initialAccumulatorValue: notNegative(0),
    eps: notNegative(1e-10),
    maximize: flag(false)
  },
  state: { step: { shape: 'scalar' }, sum: { shape: 'parameter' } },
  pythonKeys: pythonKeys(['foreach'], ['foreach', 'differentiable', 'fused'])
}

/**
 * g = grad + weightDecay * p; s = s + g^2; p = p - lr / (1 + (t - 1) * lrDecay) * g / (sqrt(s) + eps).
 * Sparse gradients change what they touch only; without weightDecay.
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 */
export class Adagrad extends OperatorOptimizer<AdagradOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<AdagradOptions>[],
    options?: AdagradOptions
  ) {
    super(kind, params, options)
  }

  /** Python keeps the sums from the beginning on. */
  protected override groupAdded(group: CheckedGroup<AdagradOptions>): void {
    this.prepare(group)
  }

  protected override initial(_: string, parameter: Tensor): Tensor {
    return filledLike(parameter, this.defaults.initialAccumulatorValue)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<AdagradOptions>): void {
    const grads = slopes(batch, group)
    const sums = batch.kept('sum')
    foreach.addcmul_(sums, grads, grads, 1)
    const roots = foreach.sqrt(sums)
    foreach.add_(roots, group.eps)
    const lr = group.lr / (1 + (batch.step - 1) * group.lrDecay)
    foreach.addcdiv_(batch.params, grads, roots, -lr)
  }
}
