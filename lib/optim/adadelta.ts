/**
 * Adadelta: steps in the units of the parameters, without a learning rate to find.
 */
import { varying } from '../compile/tape'
import { isBefore } from '../nn/version'
import type { Tensor } from '../tensor'
import type { Batch } from './batch'
import * as foreach from './foreach'
import { decaySquares, slopes } from './formulas'
import type { GroupInput, ParamGroup } from './groups'
import { OperatorOptimizer } from './operator_optimizer'
import type { OptimizerKind } from './optimizer'
import { finite, rangeError } from '../check'
import { flag, notNegative, option } from './options'
import { pythonKeys } from './python_keys'

export interface AdadeltaOptions {
  /** Scales the step, >= 0. Default 1. */
  lr?: number
  /** Decay of both averages of squares, from 0 to 1, default 0.9. */
  rho?: number
  /** Added to the denominator, >= 0, default 1e-6. */
  eps?: number
  /** L2 penalty, >= 0, default 0. */
  weightDecay?: number
  /** Climb instead of descend. Default false. */
  maximize?: boolean
}

function upToOne(name: string, value: unknown): number {
  const number = finite(name, value, 0)
  if (number > 1) throw rangeError(name, 'a number from 0 to 1', value)
  return number
}

const kind: OptimizerKind<AdadeltaOptions> = {
  name: 'Adadelta',
  options: {
    lr: notNegative(1),
    rho: option(0.9, upToOne),
    eps: notNegative(1e-6),
    weightDecay: notNegative(0),
    maximize: flag(false)
  },
  state: {
    step: { shape: 'scalar', isInteger: isBefore(2, 3) },
    square_avg: { shape: 'parameter' },
    acc_delta: { shape: 'parameter' }
  },
  pythonKeys: pythonKeys(['foreach'], ['capturable', 'foreach', 'differentiable'])
}

/**
 * g = grad + weightDecay * p; v = rho * v + (1 - rho) * g^2; d = g * sqrt(u + eps) / sqrt(v + eps);
 * u = rho * u + (1 - rho) * d^2; p = p - lr * d.
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
 */
export class Adadelta extends OperatorOptimizer<AdadeltaOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<AdadeltaOptions>[],
    options?: AdadeltaOptions
  ) {
    super(kind, params, options)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<AdadeltaOptions>): void {
    const { eps } = group
    const rho = () => group.rho
    const grads = slopes(batch, group)
    const [squares, changes] = [batch.kept('square_avg'), batch.kept('acc_delta')]
    decaySquares(squares, grads, rho)
    const roots = foreach.add(squares, eps)
    foreach.sqrt_(roots)
    const steps = foreach.add(changes, eps)
    foreach.sqrt_(steps)
    foreach.divList_(steps, roots)
    foreach.mulList_(steps, grads)
    decaySquares(changes, steps, rho)
    foreach.addScaled_(
      batch.params,
      steps,
      varying(() => -group.lr)
    )
  }
}
