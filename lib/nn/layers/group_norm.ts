/**
 * Normalisation over groups of channels, and over channels around.
 */
import { boolean, finite, integer, options as checkOptions, rangeError } from '../../check'
import { ones, zeros } from '../../creation'
import type { Tensor } from '../../tensor'
import { groupNorm, localResponseNorm } from '../functional'
import { Module } from '../module'
import { Parameter } from '../parameter'
import { bareSize, defineLayer, real } from './define_layer'
import type { FactoryOptions } from './factory'
import { python, pythonFloat } from '../../python_text'
import { biasRepr } from './running_norm'

export interface GroupNormOptions extends FactoryOptions {
  /** Added to the variance, so that nothing is divided by 0. Default 1e-5. */
  eps?: number
  /** Whether `weight` and `bias` are learnt. Default true. */
  affine?: boolean
  /** Whether there is a `bias` beside `weight`. Default true. */
  bias?: boolean
}

/**
 * (x - mean) / sqrt(var + eps) * weight + bias, with mean and variance over each of `numGroups` groups
 * of channels of each sample of `[N, C, ...]`. The result has the input's shape.
 *
 * `weight` (first 1) and `bias` (first 0) are `[numChannels]`.
 * @throws RangeError for a numChannels that numGroups does not divide; forward one for one value per
 * group
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
 */
export class GroupNorm extends Module {
  weight: Tensor | null = null
  bias: Tensor | null = null
  eps: number
  readonly affine: boolean
  readonly numGroups: number
  readonly numChannels: number

  /** @param numChannels C */
  constructor(numGroups: number, numChannels: number, options?: GroupNormOptions) {
    super()
    this.numGroups = integer('numGroups', numGroups, 1)
    this.numChannels = integer('numChannels', numChannels)
    if (numChannels % numGroups !== 0) {
      throw rangeError('numChannels', `a multiple of numGroups (${numGroups})`, numChannels)
    }
    const {
      eps = 1e-5,
      affine = true,
      bias = true,
      device,
      dtype
    } = checkOptions<GroupNormOptions>('GroupNorm', options, [
      'eps',
      'affine',
      'bias',
      'device',
      'dtype'
    ])
    this.eps = finite('eps', eps)
    this.affine = boolean('affine', affine)
    boolean('bias', bias)
    if (affine) {
      this.weight = Parameter(ones([numChannels], { device, dtype }))
      if (bias) this.bias = Parameter(zeros([numChannels], { device, dtype }))
    }
  }

  override forward(input: Tensor): Tensor {
    return groupNorm(input, this.numGroups, this.weight, this.bias, this.eps)
  }

  override extraRepr(): string {
    return (
      `${this.numGroups}, ${this.numChannels}, eps=${pythonFloat(this.eps)}, ` +
      `affine=${python(this.affine)}${biasRepr(this.bias)}`
    )
  }
}

/**
 * x / (k + alpha * mean(x^2 of `size` channels around))^beta for `[N, C, ...]`; defaults 1e-4, 0.75
 * and 1. The result has the input's shape.
 * @throws RangeError from forward for fewer than three dimensions
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html
 */
export class LocalResponseNorm extends defineLayer(
  { size: bareSize, alpha: real, beta: real, k: real },
  (size: number, alpha = 1e-4, beta = 0.75, k = 1) => [size, alpha, beta, k],
  (input, { size, alpha, beta, k }) => localResponseNorm(input, size, alpha, beta, k)
) {}
