/**
 * Averaged stochastic gradient descent.
 */
import { finite } from '../check'
import { tensor } from '../data'
import type { Tensor } from '../tensor'
import { power, slopes } from './formulas'
import type { GroupInput, ParamGroup } from './groups'
import { type Batch, OperatorOptimizer } from './operator_optimizer'
import type { OptimizerKind } from './optimizer'
import { flag, notNegative, option } from './options'
import { pythonKeys } from './python_keys'

export interface ASGDOptions {
  /** Learning rate, >= 0. Default 0.01. */
  lr?: number
  /** Decay of the parameters and, with alpha, of the learning rate, >= 0, default 1e-4. */
  lambd?: number
  /** Power of the learning rate's decay, >= 0, default 0.75. */
  alpha?: number
  /** The step after which averaging begins, default 1e6. */
  t0?: number
  /** L2 penalty, >= 0, default 0. */
  weightDecay?: number
  /** Climb instead of descend. Default false. */
  maximize?: boolean
}

const kind: OptimizerKind<ASGDOptions> = {
  name: 'ASGD',
  options: {
    lr: notNegative(0.01),
    lambd: notNegative(1e-4),
    alpha: notNegative(0.75),
    t0: option(1e6, (name, value) => finite(name, value)),
    weightDecay: notNegative(0),
    maximize: flag(false)
  },
  state: {
    step: { shape: 'scalar' },
    eta: { shape: 'scalar' },
    mu: { shape: 'scalar' },
    ax: { shape: 'parameter' }
  },
  pythonKeys: pythonKeys(['foreach'], ['foreach', 'differentiable', 'capturable'])
}

/**
 * g = grad + weightDecay * p; p = p * (1 - lambd * eta) - eta * g; a = a + mu * (p - a), the average, in
 * the state as `ax`; then eta = lr / (1 + lambd * lr * t)^alpha and mu = 1 / max(1, t - t0).
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.ASGD.html
 */
export class ASGD extends OperatorOptimizer<ASGDOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<ASGDOptions>[],
    options?: ASGDOptions
  ) {
    super(kind, params, options)
  }

  protected override initial(
    name: string,
    parameter: Tensor,
    options: Required<ASGDOptions>
  ): Tensor {
    if (name === 'eta') return tensor(options.lr)
    return name === 'mu' ? tensor(1) : super.initial(name, parameter, options)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<ASGDOptions>): void {
    const { lr, lambd, alpha, t0 } = group
    const grads = slopes(batch, group)
    const [averages, etas, mus] = [batch.kept('ax'), batch.kept('eta'), batch.kept('mu')]
    // Rounded to float32, as in Python.
    const newEta = tensor(lr / power(1 + lambd * lr * batch.step, alpha))
    const newMu = tensor(1 / Math.max(1, batch.step - t0))
    for (const [i, parameter] of batch.params.entries()) {
      const [average, eta, mu] = [averages[i], etas[i], mus[i]] as [Tensor, Tensor, Tensor]
      const rate = eta.item() as number
      parameter.mul_(1 - lambd * rate)
      parameter.add_(grads[i] as Tensor, { alpha: -rate })
      if (mu.item() === 1) average.copy_(parameter)
      else average.add_(parameter.sub(average).mul_(mu))
      eta.copy_(newEta)
      mu.copy_(newMu)
    }
  }
}
