/**
 * Resilient backpropagation: steps by the signs of the gradients alone, for full batches.
 */
import { isBefore } from '../nn/version'
import type { Tensor } from '../tensor'
import type { Batch } from './batch'
import { downhill } from './formulas'
import type { GroupInput, ParamGroup } from './groups'
import { filledLike, OperatorOptimizer } from './operator_optimizer'
import type { OptimizerKind } from './optimizer'
import { flag, notNegative, pair } from './options'
import { pythonKeys } from './python_keys'

export interface RpropOptions {
  /** The first step size, >= 0. Default 0.01. */
  lr?: number
  /** Factors of the step size where the sign changed, below 1, and where not, above 1. Default [0.5, 1.2]. */
  etas?: readonly [number, number]
  /** The smallest and the largest step size. Default [1e-6, 50]. */
  stepSizes?: readonly [number, number]
  /** Climb instead of descend. Default false. */
  maximize?: boolean
}

const kind: OptimizerKind<RpropOptions> = {
  name: 'Rprop',
  options: {
    lr: notNegative(0.01),
    etas: pair(
      [0.5, 1.2],
      'two numbers, one > 0 and < 1, one > 1',
      (minus, plus) => minus > 0 && minus < 1 && plus > 1 && plus < Infinity
    ),
    stepSizes: pair(
      [1e-6, 50],
      'two finite numbers',
      (least, most) => Number.isFinite(least) && Number.isFinite(most)
    ),
    maximize: flag(false)
  },
  state: {
    step: { shape: 'scalar', isInteger: isBefore(2, 3) },
    prev: { shape: 'parameter' },
    step_size: { shape: 'parameter' }
  },
  pythonKeys: pythonKeys(['foreach'], ['foreach', 'differentiable', 'capturable'])
}

/**
 * Elementwise, with s the sign of grad * previous grad: size = clamp(size * (s > 0 ? etas[1] : s < 0 ?
 * etas[0] : 1), stepSizes); where s < 0 the gradient counts as 0; p = p - size * sign(grad).
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Rprop.html
 */
export class Rprop extends OperatorOptimizer<RpropOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<RpropOptions>[],
    options?: RpropOptions
  ) {
    super(kind, params, options)
  }

  protected override initial(
    name: string,
    parameter: Tensor,
    options: Required<RpropOptions>
  ): Tensor {
    return name === 'step_size'
      ? filledLike(parameter, options.lr)
      : super.initial(name, parameter, options)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<RpropOptions>): void {
    const [minus, plus] = group.etas
    const [least, most] = group.stepSizes
    const grads = downhill(batch, group.maximize)
    const [previous, sizes] = [batch.kept('prev'), batch.kept('step_size')]
    for (const [i, parameter] of batch.params.entries()) {
      const [prev, size] = [previous[i], sizes[i]] as [Tensor, Tensor]
      const grad = (grads[i] as Tensor).clone()
      const factor = grad.mul(prev).sign()
      factor.maskedFill_(factor.gt(0), plus)
      factor.maskedFill_(factor.lt(0), minus)
      factor.maskedFill_(factor.eq(0), 1)
      size.mul_(factor).clamp_(least, most)
      grad.maskedFill_(factor.eq(minus), 0)
      parameter.addcmul_(grad.sign(), size, { value: -1 })
      prev.copy_(grad)
    }
  }
}
