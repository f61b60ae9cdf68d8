/**
 * NAdam: Adam with Nesterov momentum.
 */
import { effectWithMemory, varying } from '../compile/tape'
import { isBefore } from '../nn/version'
import type { Tensor } from '../tensor'
import type { Batch } from './batch'
import * as foreach from './foreach'
import { decay, decaySquares, decoupledSlopes, power, slopes } from './formulas'
import type { GroupInput, ParamGroup } from './groups'
import { OperatorOptimizer } from './operator_optimizer'
import type { OptimizerKind } from './optimizer'
import { betas, flag, notNegative, since } from './options'
import { pythonKeys } from './python_keys'

export interface NAdamOptions {
  /** Learning rate, >= 0. Default 0.002. */
  lr?: number
  /** Decays of the averages of the gradient and of its square, each >= 0 and < 1. Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Added to the denominator, >= 0, default 1e-8. */
  eps?: number
  /** L2 penalty, >= 0, default 0. */
  weightDecay?: number
  /** How fast the momentum grows to beta1, >= 0, default 0.004. */
  momentumDecay?: number
  /** Shrinks the parameters, as AdamW, instead of an L2 penalty. Default false; since PyTorch 2.1. */
  decoupledWeightDecay?: boolean
  /** Climb instead of descend. Default false; since PyTorch 2.5. */
  maximize?: boolean
}

const kind: OptimizerKind<NAdamOptions> = {
  name: 'NAdam',
  options: {
    lr: notNegative(0.002),
    betas: betas(),
    eps: notNegative(1e-8),
    weightDecay: notNegative(0),
    momentumDecay: notNegative(0.004),
    ...since(2, 1, { decoupledWeightDecay: flag(false) }),
    ...since(2, 5, { maximize: flag(false) })
  },
  state: {
    step: { shape: 'scalar' },
    mu_product: { shape: 'scalar' },
    exp_avg: { shape: 'parameter' },
    exp_avg_sq: { shape: 'parameter' }
  },
  pythonKeys: pythonKeys(['foreach'], ['foreach', 'capturable', 'differentiable'])
}

// 1.13 multiplies the next momentum by this one once more, in the dtype of the product.
const nextProduct: (batch: Batch, mu: number, next: number) => number = isBefore(2, 0)
  ? (batch, mu, next) => times(batch, times(batch, batch.number('mu_product'), mu), next)
  : (batch, _, next) => batch.number('mu_product') * next

/** A product of momenta by one more, rounded as a tensor times a number is. */
function times(batch: Batch, product: number, mu: number): number {
  return batch.round('mu_product', product * batch.round('mu_product', mu))
}

/**
 * g = grad + weightDecay * p; m and v as in Adam; mu_t = beta1 * (1 - 0.96^(t * momentumDecay) / 2);
 * p = p - lr * ((1 - mu_t) / (1 - mu_1...mu_t) * g + mu_{t+1} / (1 - mu_1...mu_{t+1}) * m) /
 * (sqrt(v / (1 - beta2^t)) + eps).
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.NAdam.html
 */
export class NAdam extends OperatorOptimizer<NAdamOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<NAdamOptions>[],
    options?: NAdamOptions
  ) {
    super(kind, params, options)
  }

  protected override initialNumber(): number {
    return 1
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<NAdamOptions>): void {
    const { params } = batch
    const grads = group.decoupledWeightDecay ? decoupledSlopes(batch, group) : slopes(batch, group)
    const momentum = (t: number) =>
      group.betas[0] * (1 - 0.5 * power(0.96, t * group.momentumDecay))
    const [averages, squares] = [batch.kept('exp_avg'), batch.kept('exp_avg_sq')]
    effectWithMemory(
      () => {
        const product = times(batch, batch.number('mu_product'), momentum(batch.step))
        batch.setNumber('mu_product', product)
      },
      () => batch.noteNumbers()
    )
    decay(averages, grads, () => group.betas[0])
    decaySquares(squares, grads, () => group.betas[1])
    const denominators = foreach.div(
      squares,
      varying(() => 1 - power(group.betas[1], batch.step))
    )
    foreach.sqrt_(denominators)
    foreach.add_(denominators, group.eps)
    const ofGrads = varying(
      () => (-group.lr * (1 - momentum(batch.step))) / (1 - batch.number('mu_product'))
    )
    foreach.addcdiv_(params, grads, denominators, ofGrads)
    const ofAverages = varying(() => {
      const [mu, next] = [momentum(batch.step), momentum(batch.step + 1)]
      return (-group.lr * next) / (1 - nextProduct(batch, mu, next))
    })
    foreach.addcdiv_(params, averages, denominators, ofAverages)
  }
}
