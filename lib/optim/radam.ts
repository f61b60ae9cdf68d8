/**
 * RAdam: Adam that rectifies the variance of its first steps.
 */
import { branch, varying } from '../compile/tape'
import type { Tensor } from '../tensor'
import type { Batch } from './batch'
import * as foreach from './foreach'
import { decay, decaySquares, decoupledSlopes, power, slopes, squareRoot } from './formulas'
import type { GroupInput, ParamGroup } from './groups'
import { OperatorOptimizer } from './operator_optimizer'
import type { OptimizerKind } from './optimizer'
import { betas, flag, notNegative, since } from './options'
import { pythonKeys } from './python_keys'

export interface RAdamOptions {
  /** Learning rate, >= 0. Default 0.001. */
  lr?: number
  /** Decays of the averages of the gradient and of its square, each >= 0 and < 1. Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Added to the denominator, >= 0, default 1e-8. */
  eps?: number
  /** L2 penalty, >= 0, default 0. */
  weightDecay?: number
  /** Shrinks the parameters, as AdamW, instead of an L2 penalty. Default false; since PyTorch 2.1. */
  decoupledWeightDecay?: boolean
  /** Climb instead of descend. Default false; since PyTorch 2.5. */
  maximize?: boolean
}

const kind: OptimizerKind<RAdamOptions> = {
  name: 'RAdam',
  options: {
    lr: notNegative(0.001),
    betas: betas(),
    eps: notNegative(1e-8),
    weightDecay: notNegative(0),
    ...since(2, 1, { decoupledWeightDecay: flag(false) }),
    ...since(2, 5, { maximize: flag(false) })
  },
  state: {
    step: { shape: 'scalar' },
    exp_avg: { shape: 'parameter' },
    exp_avg_sq: { shape: 'parameter' }
  },
  pythonKeys: pythonKeys(['foreach'], ['foreach', 'capturable', 'differentiable'])
}

/**
 * g = grad + weightDecay * p; m and v as in Adam; with R = 2 / (1 - beta2) - 1 and
 * r = R - 2 * t * beta2^t / (1 - beta2^t): p = p - lr * m / (1 - beta1^t), and where r > 5 this step
 * times sqrt((r - 4)(r - 2) R / ((R - 4)(R - 2) r)) * sqrt(1 - beta2^t) / (sqrt(v) + eps).
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.RAdam.html
 */
export class RAdam extends OperatorOptimizer<RAdamOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<RAdamOptions>[],
    options?: RAdamOptions
  ) {
    super(kind, params, options)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<RAdamOptions>): void {
    const { params } = batch
    const grads = group.decoupledWeightDecay ? decoupledSlopes(batch, group) : slopes(batch, group)
    const [averages, squares] = [batch.kept('exp_avg'), batch.kept('exp_avg_sq')]
    decay(averages, grads, () => group.betas[0])
    decaySquares(squares, grads, () => group.betas[1])
    const steps = foreach.div(
      averages,
      varying(() => 1 - power(group.betas[0], batch.step))
    )
    foreach.mul_(
      steps,
      varying(() => group.lr)
    )
    const rectification = () => rectify(group.betas[1], batch.step)
    if (branch(() => rectification() !== null)) {
      const roots = foreach.sqrt(squares)
      foreach.add_(roots, group.eps)
      // Python divides a number by a tensor in these two steps.
      const factors = foreach.reciprocal(roots)
      foreach.mul_(
        factors,
        varying(() => squareRoot(1 - power(group.betas[1], batch.step)))
      )
      foreach.mulList_(steps, factors)
      foreach.mul_(
        steps,
        varying(() => rectification() ?? Number.NaN)
      )
    }
    foreach.addScaled_(params, steps, -1)
  }
}

/** By what a step is multiplied; null for one whose variance cannot be known yet. */
function rectify(beta2: number, step: number): number | null {
  const limit = 2 / (1 - beta2) - 1
  const length = limit - (2 * step * power(beta2, step)) / (1 - power(beta2, step))
  if (!(length > 5)) return null
  return squareRoot(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length))
}
