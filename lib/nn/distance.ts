/**
 * How far vectors are from each other.
 */
import { boolean, finite, options as checkOptions, typeError } from '../check'
import type { Tensor } from '../tensor'
import { pairwiseDistance } from './functional/distance'
import { Module } from './module'

export interface PairwiseDistanceOptions {
  /** Of the norm, which is that of the greatest element with infinity. Default 2. */
  p?: number
  /** Added to each difference. Default 1e-6. */
  eps?: number
  /** Whether the result keeps the last dimension, with size 1. Default false. */
  keepdim?: boolean
}

/** The p of a norm: a number, or infinity for the greatest element. */
export function normOrder(name: string, value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw typeError(name, 'a number', value)
  return value
}

/**
 * |x1 - x2 + eps|_p over the last dimension: `[N, d]` -> `[N]`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html
 */
export class PairwiseDistance extends Module {
  readonly norm: number
  readonly eps: number
  readonly keepdim: boolean

  constructor(options?: PairwiseDistanceOptions) {
    const names = ['p', 'eps', 'keepdim']
    const given = checkOptions<PairwiseDistanceOptions>('PairwiseDistance', options, names)
    super()
    this.norm = normOrder('p', given.p ?? 2)
    this.eps = finite('eps', given.eps ?? 1e-6)
    this.keepdim = boolean('keepdim', given.keepdim ?? false)
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this.norm, this.eps, this.keepdim)
  }
}
