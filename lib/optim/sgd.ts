/**
 * Stochastic gradient descent.
 */
import { finite, rangeError } from '../check'
import { branch, refuse, varying } from '../compile/tape'
import { noGrad } from '../modes'
import { native } from '../native'
import type { Tensor } from '../tensor'
import * as foreach from './foreach'
import type { GroupInput, ParamGroup } from './groups'
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

  protected override updateByOperators(): void {
    noGrad(() => {
      for (const group of this.paramGroups) {
        for (const params of withGradients(group.params)) this.#update(params, group)
      }
    })
  }

  #update(params: readonly Tensor[], group: ParamGroup<SGDOptions>): void {
    const grads = params.map((parameter) => native.grad(parameter) as Tensor)
    let slopes = group.maximize ? foreach.neg(grads) : grads
    if (branch(() => group.weightDecay !== 0)) {
      slopes = foreach.addScaled(
        slopes,
        params,
        varying(() => group.weightDecay)
      )
    }
    if (branch(() => group.momentum !== 0)) {
      const buffers = this.#accumulate(params, slopes, group)
      slopes = group.nesterov
        ? foreach.addScaled(
            slopes,
            buffers,
            varying(() => group.momentum)
          )
        : buffers
    }
    foreach.addScaled_(
      params,
      slopes,
      varying(() => -group.lr)
    )
  }

  /** The momentum buffers, with `slopes` in them. */
  #accumulate(
    params: readonly Tensor[],
    slopes: readonly Tensor[],
    group: ParamGroup<SGDOptions>
  ): Tensor[] {
    const known = params.map((parameter) => this.kept(parameter, 'momentum_buffer'))
    const old = known.filter((buffer) => buffer !== null)
    if (old.length > 0) {
      foreach.mul_(
        old,
        varying(() => group.momentum)
      )
      const theirs = slopes.filter((_, i) => known[i] !== null)
      foreach.addScaled_(old, theirs, 1 - group.dampening)
    }
    return known.map(
      (buffer, i) =>
        buffer ?? this.keep(params[i] as Tensor, 'momentum_buffer', slopes[i] as Tensor)
    )
  }
}

/** Those that have a gradient, by dtype and device. */
function withGradients(params: readonly Tensor[]): Iterable<Tensor[]> {
  const byType = new Map<string, Tensor[]>()
  for (const parameter of params) {
    const grad = native.grad(parameter)
    if (grad === null) continue
    if (native.isSparse(grad))
      refuse('SGD.step() with a sparse gradient', 'use embeddings without { sparse: true }')
    const type = `${native.dtype(parameter)} ${native.device(parameter)}`
    const others = byType.get(type)
    if (others) others.push(parameter)
    else byType.set(type, [parameter])
  }
  return byType.values()
}
