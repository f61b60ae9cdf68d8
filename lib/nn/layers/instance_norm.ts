/**
 * Instance normalisation.
 */
import { integer, rangeError } from '../../check'
import { ones, zeros } from '../../creation'
import { type Tensor, tensorArgument } from '../../tensor'
import { instanceNorm } from '../functional'
import { Module } from '../module'
import { Parameter } from '../parameter'
import { type RunningNormOptions, runningNormOptions, runningNormRepr } from './running_norm'

class InstanceNorm extends Module {
  weight: Tensor | null = null
  bias: Tensor | null = null
  running_mean: Tensor | null = null
  running_var: Tensor | null = null
  num_batches_tracked: Tensor | null = null
  eps: number
  momentum: number | null
  readonly affine: boolean
  readonly trackRunningStats: boolean
  readonly numFeatures: number
  readonly #dimensions: number

  /** @param dimensions of a sample without its channels */
  constructor(name: string, dimensions: number, numFeatures: number, given?: RunningNormOptions) {
    super()
    this.#dimensions = dimensions
    this.numFeatures = integer('numFeatures', numFeatures)
    const { bias, device, dtype, ...options } = runningNormOptions(name, given, false)
    this.eps = options.eps
    this.momentum = options.momentum
    this.affine = options.affine
    this.trackRunningStats = options.trackRunningStats
    const size = [numFeatures]
    if (this.affine) {
      this.weight = Parameter(ones(size, { device, dtype }))
      if (bias) this.bias = Parameter(zeros(size, { device, dtype }))
    }
    if (this.trackRunningStats) {
      this.registerBuffer('running_mean', zeros(size, { device, dtype }))
      this.registerBuffer('running_var', ones(size, { device, dtype }))
      this.registerBuffer('num_batches_tracked', zeros([], { device, dtype: 'int64' }))
    }
  }

  override forward(input: Tensor): Tensor {
    const sample = this.#dimensions + 1
    const { ndim, shape } = tensorArgument('input', input)
    const { name } = this.constructor
    if (ndim !== sample && ndim !== sample + 1) {
      throw rangeError(name, `an input of ${sample} or ${sample + 1} dimensions`, ndim)
    }
    const channels = shape[ndim - sample] as number
    if (this.affine && channels !== this.numFeatures) {
      throw rangeError(name, `an input of ${this.numFeatures} channels`, channels)
    }
    return ndim === sample ? this.#run(input.unsqueeze(0)).squeeze(0) : this.#run(input)
  }

  #run(input: Tensor): Tensor {
    return instanceNorm(
      input,
      this.running_mean,
      this.running_var,
      this.weight,
      this.bias,
      this.training || !this.trackRunningStats,
      this.momentum ?? 0,
      this.eps
    )
  }

  override extraRepr(): string {
    return runningNormRepr(this)
  }
}

/**
 * (x - mean) / sqrt(var + eps) * weight + bias for each channel of each sample of `[N, C, L]` or `[C, L]`.
 *
 * Mean and variance are those of the sample. With `trackRunningStats`, when training the buffers
 * `running_mean` and `running_var` `[numFeatures]` move towards their means over the batch by
 * `momentum`, and in evaluation mode they are taken. `weight` is first 1 and `bias` 0.
 * @throws RangeError for a numFeatures that is negative or not whole; forward one for another number
 * of dimensions, of channels where `affine`, and for one value per channel and sample
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html
 */
export class InstanceNorm1d extends InstanceNorm {
  /** @param numFeatures C */
  constructor(numFeatures: number, options?: RunningNormOptions) {
    super('InstanceNorm1d', 1, numFeatures, options)
  }
}

/**
 * (x - mean) / sqrt(var + eps) * weight + bias for each channel of each sample of `[N, C, H, W]` or `[C, H, W]`.
 *
 * Mean and variance are those of the sample. With `trackRunningStats`, when training the buffers
 * `running_mean` and `running_var` `[numFeatures]` move towards their means over the batch by
 * `momentum`, and in evaluation mode they are taken. `weight` is first 1 and `bias` 0.
 * @throws RangeError for a numFeatures that is negative or not whole; forward one for another number
 * of dimensions, of channels where `affine`, and for one value per channel and sample
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html
 */
export class InstanceNorm2d extends InstanceNorm {
  /** @param numFeatures C */
  constructor(numFeatures: number, options?: RunningNormOptions) {
    super('InstanceNorm2d', 2, numFeatures, options)
  }
}

/**
 * (x - mean) / sqrt(var + eps) * weight + bias for each channel of each sample of `[N, C, D, H, W]` or `[C, D, H, W]`.
 *
 * Mean and variance are those of the sample. With `trackRunningStats`, when training the buffers
 * `running_mean` and `running_var` `[numFeatures]` move towards their means over the batch by
 * `momentum`, and in evaluation mode they are taken. `weight` is first 1 and `bias` 0.
 * @throws RangeError for a numFeatures that is negative or not whole; forward one for another number
 * of dimensions, of channels where `affine`, and for one value per channel and sample
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html
 */
export class InstanceNorm3d extends InstanceNorm {
  /** @param numFeatures C */
  constructor(numFeatures: number, options?: RunningNormOptions) {
    super('InstanceNorm3d', 3, numFeatures, options)
  }
}
