/**
 * Stochastic gradient descent.
 */
import { finite, rangeError } from '../check'
import type { Tensor } from '../tensor'
import type { GroupInput } from './groups'
import { NativeOptimizer } from './native_optimizer'
import type { OptimizerKind } from './optimizer'
import { flag, notNegative, option } from './options'
import { pythonKeys } from './python_keys'

export interface SGDOptions {
  /** Learning rate, >= 0. Default 0.001, as in PyTorch since 2.2. */
  lr?: number
  /** >= 0, default 0. */
  momentum?: number
  /** Share of the gradient kept out of the momentum. Default 0. */
  dampening?: number
  /** L2 penalty, >= 0, default 0. */
  weightDecay?: number
  /** Nesterov momentum: needs momentum > 0 and dampening 0. Default false. */
  nesterov?: boolean
  /** Climb instead of descend. Default false. */
  maximize?: boolean
}

const kind: OptimizerKind<SGDOptions> = {
  name: 'SGD',
  options: {
    lr: notNegative(0.001),
    momentum: notNegative(0),
    dampening: option(0, (name, value) => finite(name, value)),
    weightDecay: notNegative(0),
    nesterov: flag(false),
    maximize: flag(false)
  },
  checkGroup({ nesterov, momentum, dampening }) {
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw rangeError(
        'nesterov',
        'momentum > 0 and dampening 0 with it',
        `momentum ${momentum}, dampening ${dampening}`
      )
    }
  },
  // Without one the next step starts it, in Python too.
  state: { momentum_buffer: { shape: 'parameter', when: () => false } },
  pythonKeys: pythonKeys(['foreach', 'differentiable'], ['foreach', 'differentiable', 'fused'])
}

/**
 * g = grad + weightDecay * p; with momentum: b = momentum * b + (1 - dampening) * g and g = b (with
 * nesterov g + momentum * b); p = p - lr * g. The first b is g itself.
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export class SGD extends NativeOptimizer<SGDOptions> {
  constructor(params: readonly Tensor[] | readonly GroupInput<SGDOptions>[], options?: SGDOptions) {
    super(kind, params, options)
  }
}
