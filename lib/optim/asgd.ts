/**
 * Averaged stochastic gradient descent.
 */
import { finite } from '../check'
import { branch, effectWithMemory, varying } from '../compile/tape'
import type { Tensor } from '../tensor'
import type { Batch } from './batch'
import * as foreach from './foreach'
import { power, slopes } from './formulas'
import type { GroupInput, ParamGroup } from './groups'
import { OperatorOptimizer } from './operator_optimizer'
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

  protected override initialNumber(name: string, options: Required<ASGDOptions>): number {
    return name === 'eta' ? options.lr : 1
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<ASGDOptions>): void {
    const { lambd, alpha, t0 } = group
    const { params } = batch
    const grads = slopes(batch, group)
    const averages = batch.kept('ax')
    const rate = () => batch.number('eta')
    foreach.mul_(
      params,
      varying(() => 1 - lambd * rate())
    )
    foreach.addScaled_(
      params,
      grads,
      varying(() => -rate())
    )
    if (branch(() => batch.number('mu') === 1)) {
      for (const [i, average] of averages.entries()) average.copy_(params[i] as Tensor)
    } else {
      const steps = foreach.sub(params, averages)
      foreach.mul_(
        steps,
        varying(() => batch.number('mu'))
      )
      foreach.addScaled_(averages, steps, 1)
    }
    effectWithMemory(
      () => {
        const eta = group.lr / power(1 + lambd * group.lr * batch.step, alpha)
        // Rounded to float32, whatever they are kept as: so does Python.
        batch.setNumber('eta', Math.fround(eta))
        batch.setNumber('mu', Math.fround(1 / Math.max(1, batch.step - t0)))
      },
      () => batch.noteNumbers()
    )
  }
}
