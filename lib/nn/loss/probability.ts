/**
 * Losses against probabilities and against several classes a sample.
 */
import { boolean, oneOf, options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import * as F from '../functional/classification_loss'
import { Module } from '../module'
import {
  Loss,
  type LossOptions,
  type Reduction,
  reductions,
  WeightedLoss,
  type WeightedLossOptions
} from './loss'

/**
 * -(target * log(input) + (1 - target) * log(1 - input)), for probabilities of one shape; `weight`
 * broadcasts to it.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 */
export class BCELoss extends WeightedLoss {
  constructor(options?: WeightedLossOptions) {
    super(checkOptions<WeightedLossOptions>('BCELoss', options, ['weight', 'reduction']))
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this
    return F.binaryCrossEntropy(input, target, { weight, reduction })
  }
}

export interface BCEWithLogitsLossOptions extends WeightedLossOptions {
  /** Multiplies the part of positive targets; broadcasts. A buffer. Default null. */
  posWeight?: Tensor | null
}

/**
 * The BCELoss of sigmoid(input), in one stable formula.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
 */
export class BCEWithLogitsLoss extends WeightedLoss {
  /** The buffer `posWeight`, by its name in Python's state. */
  declare pos_weight: Tensor | null

  constructor(options?: BCEWithLogitsLossOptions) {
    const names = ['weight', 'reduction', 'posWeight']
    const { posWeight = null, ...given } = checkOptions<BCEWithLogitsLossOptions>(
      'BCEWithLogitsLoss',
      options,
      names
    )
    super(given)
    this.optionalBuffer('pos_weight', posWeight)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction, pos_weight: posWeight } = this
    return F.binaryCrossEntropyWithLogits(input, target, { weight, reduction, posWeight })
  }
}

export interface KLDivLossOptions {
  /** As of all losses, or `'batchmean'`: the sum divided by the size of dimension 0. */
  reduction?: Reduction | 'batchmean'
  /** Whether the target holds log-probabilities too. Default false. */
  logTarget?: boolean
}

/**
 * target * (log(target) - input), for an input of log-probabilities. `'batchmean'` is the
 * Kullback-Leibler divergence; `'mean'` (default) divides by the number of elements.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 */
export class KLDivLoss extends Module {
  readonly reduction: Reduction | 'batchmean'
  readonly logTarget: boolean

  constructor(options?: KLDivLossOptions) {
    const names = ['reduction', 'logTarget']
    const given = checkOptions<KLDivLossOptions>('KLDivLoss', options, names)
    super()
    const { reduction = 'mean', logTarget = false } = given
    this.reduction = oneOf('reduction', reduction, [...reductions, 'batchmean'])
    this.logTarget = boolean('logTarget', logTarget)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { reduction, logTarget } = this
    return F.klDiv(input, target, { reduction, logTarget })
  }
}

/**
 * MultiMarginLoss for several classes a sample: input and target `[N, C]` or `[C]`; the target holds
 * class numbers up to the first -1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiLabelMarginLoss.html
 */
export class MultiLabelMarginLoss extends Loss {
  constructor(options?: LossOptions) {
    super(checkOptions<LossOptions>('MultiLabelMarginLoss', options, ['reduction']))
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelMarginLoss(input, target, { reduction: this.reduction })
  }
}

/**
 * BCEWithLogitsLoss averaged over the classes of the last dimension: input and target `[N, C]`, targets
 * 0 or 1, `weight` `[C]`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html
 */
export class MultiLabelSoftMarginLoss extends WeightedLoss {
  constructor(options?: WeightedLossOptions) {
    const names = ['weight', 'reduction']
    super(checkOptions<WeightedLossOptions>('MultiLabelSoftMarginLoss', options, names))
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this
    return F.multilabelSoftMarginLoss(input, target, { weight, reduction })
  }
}

/**
 * log(1 + exp(-target * input)), targets 1 or -1; both of one shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html
 */
export class SoftMarginLoss extends Loss {
  constructor(options?: LossOptions) {
    super(checkOptions<LossOptions>('SoftMarginLoss', options, ['reduction']))
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.softMarginLoss(input, target, { reduction: this.reduction })
  }
}
