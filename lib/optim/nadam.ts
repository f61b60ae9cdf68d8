/**
 * NAdam: Adam with Nesterov momentum.
 */
import { isBefore } from '../nn/version'
import { tensor } from '../data'
import type { Tensor } from '../tensor'
import * as foreach from './foreach'
import { decay, decaySquares, decoupledSlopes, power } from './formulas'
import type { GroupInput, ParamGroup } from './groups'
import { type Batch, OperatorOptimizer } from './operator_optimizer'
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
const nextProduct: (product: Tensor, mu: number, next: number) => number = isBefore(2, 0)
  ? (product, mu, next) => product.mul(mu).mul(next).item() as number
  : (product, _, next) => (product.item() as number) * next

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

  protected override initial(
    name: string,
    parameter: Tensor,
    options: Required<NAdamOptions>
  ): Tensor {
    return name === 'mu_product' ? tensor(1) : super.initial(name, parameter, options)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<NAdamOptions>): void {
    const { lr, eps, momentumDecay } = group
    const [beta1, beta2] = group.betas
    const { params, step } = batch
    const grads = decoupledSlopes(batch, group)
    const momentum = (t: number) => beta1 * (1 - 0.5 * power(0.96, t * momentumDecay))
    const [mu, next] = [momentum(step), momentum(step + 1)]
    const [averages, squares] = [batch.kept('exp_avg'), batch.kept('exp_avg_sq')]
    const products = batch.kept('mu_product')
    foreach.mul_(products, mu)
    decay(averages, grads, beta1)
    decaySquares(squares, grads, beta2)
    const denominators = foreach.div(squares, 1 - power(beta2, step))
    foreach.sqrt_(denominators)
    foreach.add_(denominators, eps)
    const ofGrads = products.map((product) => (-lr * (1 - mu)) / (1 - (product.item() as number)))
    foreach.addcdivEach_(params, grads, denominators, ofGrads)
    const ofAverages = products.map(
      (product) => (-lr * next) / (1 - nextProduct(product, mu, next))
    )
    foreach.addcdivEach_(params, averages, denominators, ofAverages)
  }
}
