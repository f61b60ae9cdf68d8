/**
 * How far vectors are from each other.
 */
import { boolean, finite, integer, options as checkOptions, typeError } from '../../check'
import type { Tensor } from '../../tensor'
import { cosineSimilarity, pairwiseDistance } from '../functional/distance'
import { Module } from '../module'

export interface CosineSimilarityOptions {
  /** The dimension of the vectors. Default 1. */
  dim?: number
  /** The least that the product of norms counts as. Default 1e-8. */
  eps?: number
}

/**
 * x1 . x2 / max(|x1| |x2|, eps) along `dim`: inputs of one shape, output without that dimension.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html
 */
export class CosineSimilarity extends Module {
  readonly dim: number
  readonly eps: number

  constructor(options?: CosineSimilarityOptions) {
    const { dim = 1, eps = 1e-8 } = checkOptions<CosineSimilarityOptions>(
      'CosineSimilarity',
      options,
      ['dim', 'eps']
    )
    super()
    this.dim = integer('dim', dim, -64, 63)
    this.eps = finite('eps', eps)
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this.dim, this.eps)
  }
}

/** The p of a norm: a number, or infinity for the greatest element. */
export function normOrder(name: string, value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw typeError(name, 'a number', value)
  return value
}

export interface PairwiseDistanceOptions {
  /** The norm's degree; Infinity is one too. Default 2. */
  p?: number
  /** Added to each difference. Default 1e-6. */
  eps?: number
  /** Whether the last dimension stays, of size 1. Default false. */
  keepdim?: boolean
}

/**
 * |x1 - x2 + eps|_p over the last dimension: `[N, d]` or `[d]` to `[N]` or `[]`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html
 */
export class PairwiseDistance extends Module {
  /** The norm's degree, by Python's name. */
  readonly norm: number
  readonly eps: number
  readonly keepdim: boolean

  constructor(options?: PairwiseDistanceOptions) {
    const given = checkOptions<PairwiseDistanceOptions>('PairwiseDistance', options, [
      'p',
      'eps',
      'keepdim'
    ])
    const { p = 2, eps = 1e-6, keepdim = false } = given
    super()
    this.norm = normOrder('p', p)
    this.eps = finite('eps', eps)
    this.keepdim = boolean('keepdim', keepdim)
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this.norm, this.eps, this.keepdim)
  }
}
