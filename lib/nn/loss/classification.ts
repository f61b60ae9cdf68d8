/**
 * Losses against one class a sample: input `[N, C]`, `[C]` or `[N, C, d1, d2, ...]`, target the same
 * without C. The result is a scalar, or of the target's shape with reduction `'none'`.
 */
import { finite, integer, options as checkOptions, rangeError } from '../../check'
import type { Tensor } from '../../tensor'
import * as F from '../functional/classification_loss'
import { WeightedLoss, type WeightedLossOptions } from './loss'

export interface NLLLossOptions extends WeightedLossOptions {
  /** `[C]`, one for each class; the mean is by their sum. Default null. */
  weight?: Tensor | null
  /** A target that counts nothing. Default -100. */
  ignoreIndex?: number
}

const anyInteger = (name: string, value: unknown) => integer(name, value, Number.MIN_SAFE_INTEGER)

/**
 * -input[target], for an input of log-probabilities.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 */
export class NLLLoss extends WeightedLoss {
  readonly ignoreIndex: number

  constructor(options?: NLLLossOptions) {
    const names = ['weight', 'ignoreIndex', 'reduction']
    const { ignoreIndex = -100, ...given } = checkOptions<NLLLossOptions>('NLLLoss', options, names)
    super(given)
    this.ignoreIndex = anyInteger('ignoreIndex', ignoreIndex)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction } = this
    return F.nllLoss(input, target, { weight, ignoreIndex, reduction })
  }
}

export interface CrossEntropyLossOptions extends NLLLossOptions {
  /** How much of a target is spread over all classes: from 0 to 1, default 0. */
  labelSmoothing?: number
}

/**
 * -log softmax(input)[target], for an input of logits. The target holds class numbers, or has the
 * input's shape and holds probabilities.
 * @throws RangeError for a `labelSmoothing` outside of [0, 1]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 */
export class CrossEntropyLoss extends WeightedLoss {
  readonly ignoreIndex: number
  readonly labelSmoothing: number

  constructor(options?: CrossEntropyLossOptions) {
    const {
      ignoreIndex = -100,
      labelSmoothing = 0,
      ...given
    } = checkOptions<CrossEntropyLossOptions>('CrossEntropyLoss', options, [
      'weight',
      'ignoreIndex',
      'reduction',
      'labelSmoothing'
    ])
    super(given)
    this.ignoreIndex = anyInteger('ignoreIndex', ignoreIndex)
    if (finite('labelSmoothing', labelSmoothing, 0) > 1)
      throw rangeError('labelSmoothing', 'a number from 0 to 1', labelSmoothing)
    this.labelSmoothing = labelSmoothing
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction, labelSmoothing } = this
    return F.crossEntropy(input, target, { weight, ignoreIndex, reduction, labelSmoothing })
  }
}

export interface MultiMarginLossOptions extends WeightedLossOptions {
  /** `[C]`, one for each class. Default null. */
  weight?: Tensor | null
  /** Power of a difference: 1 (default) or 2. */
  p?: 1 | 2
  /** Default 1. */
  margin?: number
}

/**
 * The sum of max(0, margin - input[target] + input[i])^p / C over the other classes i; input `[N, C]`,
 * target `[N]`.
 * @throws RangeError for another `p`, or a weight that has not one dimension
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html
 */
export class MultiMarginLoss extends WeightedLoss {
  readonly p: 1 | 2
  readonly margin: number

  constructor(options?: MultiMarginLossOptions) {
    const names = ['p', 'margin', 'weight', 'reduction']
    const given = checkOptions<MultiMarginLossOptions>('MultiMarginLoss', options, names)
    const { p = 1, margin = 1, ...rest } = given
    super(rest)
    if (finite('p', p) !== 1 && p !== 2) throw rangeError('p', '1 or 2', p)
    this.p = p
    this.margin = finite('margin', margin)
    if (this.weight && this.weight.ndim !== 1)
      throw rangeError('weight', 'one number for each class', this.weight.shape)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { p, margin, weight, reduction } = this
    return F.multiMarginLoss(input, target, { p, margin, weight, reduction })
  }
}
