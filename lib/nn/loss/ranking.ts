/**
 * Losses of what should be near to, above or far from something else.
 */
import { boolean, callable, finite, options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import { normOrder, PairwiseDistance } from '../layers/distance'
import * as F from '../functional/ranking_loss'
import { isBefore } from '../version'
import { Loss, type LossOptions, positive } from './loss'

export interface MarginLossOptions extends LossOptions {
  /** Default 0; 1 for HingeEmbeddingLoss. */
  margin?: number
}

const names = ['margin', 'reduction']

/**
 * max(0, -target * (input1 - input2) + margin): a target of 1 wants input1 above input2, -1 below. All
 * of one shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html
 */
export class MarginRankingLoss extends Loss {
  readonly margin: number

  constructor(options?: MarginLossOptions) {
    const given = checkOptions<MarginLossOptions>('MarginRankingLoss', options, names)
    super(given)
    this.margin = finite('margin', given.margin ?? 0)
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this
    return F.marginRankingLoss(input1, input2, target, { margin, reduction })
  }
}

/**
 * input where the target is 1, max(0, margin - input) where it is -1: for distances. `margin` default 1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html
 */
export class HingeEmbeddingLoss extends Loss {
  readonly margin: number

  constructor(options?: MarginLossOptions) {
    const given = checkOptions<MarginLossOptions>('HingeEmbeddingLoss', options, names)
    super(given)
    this.margin = finite('margin', given.margin ?? 1)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this
    return F.hingeEmbeddingLoss(input, target, { margin, reduction })
  }
}

/**
 * 1 - cos(input1, input2) where the target is 1, max(0, cos - margin) where it is -1: inputs `[N, d]`,
 * target `[N]`, or `[d]` and a scalar.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
 */
export class CosineEmbeddingLoss extends Loss {
  readonly margin: number

  constructor(options?: MarginLossOptions) {
    const given = checkOptions<MarginLossOptions>('CosineEmbeddingLoss', options, names)
    super(given)
    this.margin = finite('margin', given.margin ?? 0)
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this
    return F.cosineEmbeddingLoss(input1, input2, target, { margin, reduction })
  }
}

// Since 2.x a margin that makes every distance good enough is refused.
const tripletMargin = isBefore(2, 0) ? finite : positive

export interface TripletMarginLossOptions extends LossOptions {
  /** How much farther the negative has to be: > 0, default 1. */
  margin?: number
  /** Of the norm that is the distance. Default 2. */
  p?: number
  /** Added to each difference. Default 1e-6. */
  eps?: number
  /** Whether the negative's distance to the positive counts where it is less. Default false. */
  swap?: boolean
}

/**
 * max(0, |anchor - positive|_p - |anchor - negative|_p + margin): `[N, d]` or `[d]` each.
 * @throws RangeError for a `margin` that is not above 0
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html
 */
export class TripletMarginLoss extends Loss {
  readonly margin: number
  readonly p: number
  readonly eps: number
  readonly swap: boolean

  constructor(options?: TripletMarginLossOptions) {
    const given = checkOptions<TripletMarginLossOptions>('TripletMarginLoss', options, [
      'margin',
      'p',
      'eps',
      'swap',
      'reduction'
    ])
    super(given)
    this.margin = tripletMargin('margin', given.margin ?? 1)
    this.p = normOrder('p', given.p ?? 2)
    this.eps = finite('eps', given.eps ?? 1e-6)
    this.swap = boolean('swap', given.swap ?? false)
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { margin, p, eps, swap, reduction } = this
    return F.tripletMarginLoss(anchor, positive, negative, { margin, p, eps, swap, reduction })
  }
}

/** How far `[N, d]` and `[N, d]` are from each other, `[N]`: a function, or a module. */
export type Distance = (a: Tensor, b: Tensor) => Tensor

export interface TripletMarginWithDistanceLossOptions extends LossOptions {
  /** Default `new nn.PairwiseDistance()`. The parameters of a module are those of the loss. */
  distanceFunction?: Distance | null
  /** How much farther the negative has to be: > 0, default 1. */
  margin?: number
  /** Whether the negative's distance to the positive counts where it is less. Default false. */
  swap?: boolean
}

/**
 * TripletMarginLoss by a distance of one's own.
 * @throws TypeError for a distance that is no function; RangeError for a `margin` that is not above 0
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginWithDistanceLoss.html
 */
export class TripletMarginWithDistanceLoss extends Loss {
  /** The distance, by its name in Python's state. */
  readonly distance_function: Distance
  readonly margin: number
  readonly swap: boolean

  constructor(options?: TripletMarginWithDistanceLossOptions) {
    const given = checkOptions<TripletMarginWithDistanceLossOptions>(
      'TripletMarginWithDistanceLoss',
      options,
      ['distanceFunction', 'margin', 'swap', 'reduction']
    )
    super(given)
    const { distanceFunction } = given
    this.distance_function = callable(
      'distanceFunction',
      distanceFunction ?? new PairwiseDistance()
    )
    this.margin = tripletMargin('margin', given.margin ?? 1)
    this.swap = boolean('swap', given.swap ?? false)
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { distance_function: distanceFunction, margin, swap, reduction } = this
    return F.tripletMarginWithDistanceLoss(anchor, positive, negative, {
      distanceFunction,
      margin,
      swap,
      reduction
    })
  }
}
