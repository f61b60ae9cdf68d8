/**
 * Stochastic gradient descent.
 */
import { boolean, finite, options as checkOptions, rangeError } from '../check'
import type { Tensor } from '../tensor'
import { type GroupInput, Optimizer, type OptimizerKind } from './optimizer'

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

const notNegative = (name: string, value: unknown) => finite(name, value, 0)

const kind: OptimizerKind<SGDOptions> = {
  name: 'SGD',
  checks: {
    lr: notNegative,
    momentum: notNegative,
    dampening: (name, value) => finite(name, value),
    weightDecay: notNegative,
    nesterov: boolean,
    maximize: boolean
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
  state: ['momentum_buffer']
}

/**
 * g = grad + weightDecay * p; with momentum: b = momentum * b + (1 - dampening) * g and g = b (with
 * nesterov g + momentum * b); p = p - lr * g. The first b is g itself.
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: readonly Tensor[] | readonly GroupInput<SGDOptions>[], options?: SGDOptions) {
    const given = checkOptions<SGDOptions>('SGD', options, Object.keys(kind.checks))
    const defaults: Required<SGDOptions> = {
      lr: 0.001,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false
    }
    for (const [name, check] of Object.entries(kind.checks)) {
      const value = (given as unknown as Record<string, unknown>)[name]
      if (value !== undefined) Object.assign(defaults, { [name]: check(name, value) })
    }
    super(kind, params, defaults)
  }
}
