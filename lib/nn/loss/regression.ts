/**
 * Losses against numbers. Input and target of one shape, or that broadcast to one; the result is a
 * scalar, or of that shape with reduction `'none'`.
 */
import { boolean, finite, options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import * as F from '../functional/regression_loss'
import { Loss, type LossOptions, positive } from './loss'

/**
 * |input - target|.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 */
export class L1Loss extends Loss {
  constructor(options?: LossOptions) {
    super(checkOptions<LossOptions>('L1Loss', options, ['reduction']))
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, { reduction: this.reduction })
  }
}

export interface SmoothL1LossOptions extends LossOptions {
  /** Where the square ends and the straight line begins: >= 0, default 1. */
  beta?: number
}

/**
 * d^2 / (2 beta) where d = |input - target| < beta, else d - beta / 2.
 * @throws RangeError for a negative `beta`
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 */
export class SmoothL1Loss extends Loss {
  readonly beta: number

  constructor(options?: SmoothL1LossOptions) {
    const given = checkOptions<SmoothL1LossOptions>('SmoothL1Loss', options, ['reduction', 'beta'])
    super(given)
    this.beta = finite('beta', given.beta ?? 1, 0)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta })
  }
}

export interface HuberLossOptions extends LossOptions {
  /** Where the square ends and the straight line begins: > 0, default 1. */
  delta?: number
}

/**
 * d^2 / 2 where d = |input - target| < delta, else delta * (d - delta / 2).
 * @throws RangeError for a `delta` that is not above 0
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 */
export class HuberLoss extends Loss {
  readonly delta: number

  constructor(options?: HuberLossOptions) {
    const given = checkOptions<HuberLossOptions>('HuberLoss', options, ['reduction', 'delta'])
    super(given)
    this.delta = positive('delta', given.delta ?? 1)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.huberLoss(input, target, { reduction: this.reduction, delta: this.delta })
  }
}

export interface PoissonNLLLossOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate. Default true. */
  logInput?: boolean
  /** Whether to add Stirling's approximation of log(target!). Default false. */
  full?: boolean
  /** Added to a rate whose logarithm is taken: default 1e-8. */
  eps?: number
}

/**
 * exp(input) - target * input, or with `logInput: false` input - target * log(input + eps): for counts
 * of a Poisson distribution.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html
 */
export class PoissonNLLLoss extends Loss {
  readonly logInput: boolean
  readonly full: boolean
  readonly eps: number

  constructor(options?: PoissonNLLLossOptions) {
    const names = ['logInput', 'full', 'eps', 'reduction']
    const given = checkOptions<PoissonNLLLossOptions>('PoissonNLLLoss', options, names)
    super(given)
    this.logInput = boolean('logInput', given.logInput ?? true)
    this.full = boolean('full', given.full ?? false)
    this.eps = finite('eps', given.eps ?? 1e-8)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { logInput, full, eps, reduction } = this
    return F.poissonNllLoss(input, target, { logInput, full, eps, reduction })
  }
}

export interface GaussianNLLLossOptions extends LossOptions {
  /** Whether to add the constant log(2 pi) / 2. Default false. */
  full?: boolean
  /** The least variance: > 0, default 1e-6. */
  eps?: number
}

/**
 * (log(v) + (input - target)^2 / v) / 2 with v = max(variance, eps): for samples of normal
 * distributions. The variance is of the input's shape, or without its last dimension, or has size 1
 * there, or is one number.
 * @throws RangeError for negative variances, or ones of another shape
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html
 */
export class GaussianNLLLoss extends Loss {
  readonly full: boolean
  readonly eps: number

  constructor(options?: GaussianNLLLossOptions) {
    const names = ['full', 'eps', 'reduction']
    const given = checkOptions<GaussianNLLLossOptions>('GaussianNLLLoss', options, names)
    super(given)
    this.full = boolean('full', given.full ?? false)
    this.eps = positive('eps', given.eps ?? 1e-6)
  }

  override forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    const { full, eps, reduction } = this
    return F.gaussianNllLoss(input, target, variance, { full, eps, reduction })
  }
}
