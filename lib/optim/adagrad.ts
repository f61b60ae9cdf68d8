/**
 * Adagrad: steps divided by the root of the sum of all squared gradients.
 */
import { rangeError } from '../check'
import { refuse, numberOf, varying } from '../compile/tape'
import { native } from '../native'
import { operator } from '../operators/call'
import type { Tensor } from '../tensor'
import type { Batch } from './batch'
import * as foreach from './foreach'
import { slopes } from './formulas'
import type { CheckedGroup, GroupInput, ParamGroup } from './groups'
import { filledLike, OperatorOptimizer } from './operator_optimizer'
import type { OptimizerKind } from './optimizer'
import { flag, notNegative } from './options'
import { pythonKeys } from './python_keys'

export interface AdagradOptions {
  /** Learning rate, >= 0. Default 0.01. */
  lr?: number
  /** lr is divided by 1 + t * lrDecay, t from 0. >= 0, default 0. */
  lrDecay?: number
  /** L2 penalty, >= 0, default 0. */
  weightDecay?: number
  /** What the sums begin with, >= 0, default 0. The optimizer's holds for all groups, as in Python. */
  initialAccumulatorValue?: number
  /** Added to the denominator, >= 0, default 1e-10. */
  eps?: number
  /** Climb instead of descend. Default false. */
  maximize?: boolean
}

const kind: OptimizerKind<AdagradOptions> = {
  name: 'Adagrad',
  options: {
    lr: notNegative(0.01),
    lrDecay: notNegative(0),
    weightDecay: notNegative(0),
    initialAccumulatorValue: notNegative(0),
    eps: notNegative(1e-10),
    maximize: flag(false)
  },
  state: { step: { shape: 'scalar' }, sum: { shape: 'parameter' } },
  pythonKeys: pythonKeys(['foreach'], ['foreach', 'differentiable', 'fused'])
}

const indices = operator<(sparse: Tensor) => Tensor>('_indices')
const valuesOf = operator<(sparse: Tensor) => Tensor>('_values')
const sparseTensor =
  operator<(indices: Tensor, values: Tensor, size: readonly number[]) => Tensor>(
    'sparse_coo_tensor'
  )

/**
 * g = grad + weightDecay * p; s = s + g^2; p = p - lr / (1 + (t - 1) * lrDecay) * g / (sqrt(s) + eps).
 * Sparse gradients change what they touch only; without weightDecay.
 *
 * @param params `model.parameters()`, or groups `[{ params, lr }, ...]`
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 */
export class Adagrad extends OperatorOptimizer<AdagradOptions> {
  constructor(
    params: readonly Tensor[] | readonly GroupInput<AdagradOptions>[],
    options?: AdagradOptions
  ) {
    super(kind, params, options)
  }

  /** Python keeps the sums from the beginning on. */
  protected override groupAdded(group: CheckedGroup<AdagradOptions>): void {
    this.prepare(group)
  }

  protected override initial(_: string, parameter: Tensor): Tensor {
    return filledLike(parameter, this.defaults.initialAccumulatorValue)
  }

  protected override refuseSparse({ weightDecay }: Required<AdagradOptions>): void {
    if (weightDecay !== 0)
      throw rangeError('weightDecay', '0 where gradients are sparse', weightDecay)
  }

  protected override updateBatch(batch: Batch, group: ParamGroup<AdagradOptions>): void {
    const isDense = batch.grads.map((grad) => !native.isSparse(grad))
    const grads = isDense.includes(false)
      ? batch.grads.map((grad) => (group.maximize ? grad.neg() : grad))
      : slopes(batch, group)
    const sums = batch.kept('sum')
    const stepSize = varying(() => -group.lr / (1 + (batch.step - 1) * group.lrDecay))
    const dense = (list: readonly Tensor[]) => list.filter((_, i) => isDense[i])
    if (isDense.includes(true)) {
      foreach.addcmul_(dense(sums), dense(grads), dense(grads), 1)
      const roots = foreach.sqrt(dense(sums))
      foreach.add_(roots, group.eps)
      foreach.addcdiv_(dense(batch.params), dense(grads), roots, stepSize)
    }
    for (const [i, parameter] of batch.params.entries()) {
      if (isDense[i]) continue
      updateSparse(parameter, grads[i] as Tensor, sums[i] as Tensor, numberOf(stepSize), group.eps)
    }
  }
}

function updateSparse(
  parameter: Tensor,
  grad: Tensor,
  sum: Tensor,
  stepSize: number,
  eps: number
): void {
  refuse('Adagrad.step() with a sparse gradient', 'use embeddings without { sparse: true }')
  const once = grad.coalesce()
  const [positions, values] = [indices(once), valuesOf(once)]
  const sparse = (elements: Tensor) => sparseTensor(positions, elements, once.shape)
  sum.add_(sparse(values.pow(2)))
  const roots = valuesOf(sum.sparseMask(once)).sqrt_().add_(eps)
  parameter.add_(sparse(values.div(roots)), { alpha: stepSize })
}
