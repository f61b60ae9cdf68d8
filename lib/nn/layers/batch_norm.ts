/**
 * Batch normalisation: libtorch's own classes.
 */
import { integer } from '../../check'
import type { Tensor } from '../../tensor'
import { markPlain, NativeModule } from '../native_module'
import {
  type RunningNormOptions,
  runningBuffers,
  runningChecks,
  runningNormOptions,
  runningNormRepr
} from './running_norm'

class BatchNorm extends NativeModule {
  declare weight: Tensor | null
  declare bias: Tensor | null
  declare running_mean: Tensor | null
  declare running_var: Tensor | null
  declare num_batches_tracked: Tensor | null
  declare eps: number
  declare momentum: number | null
  readonly affine: boolean
  readonly trackRunningStats: boolean
  readonly numFeatures: number

  constructor(name: string, numFeatures: number, given?: RunningNormOptions) {
    integer('numFeatures', numFeatures)
    const { bias, ...options } = runningNormOptions(name, given, true)
    super(name, [numFeatures], options, runningBuffers)
    this.defineOptions(runningChecks)
    if (!bias) this.bias = null
    this.affine = options.affine
    this.trackRunningStats = options.trackRunningStats
    this.numFeatures = numFeatures
  }

  override forward(input: Tensor): Tensor {
    return this.run(input)
  }

  override extraRepr(): string {
    return runningNormRepr(this)
  }
}

markPlain(BatchNorm)

/**
 * (x - mean) / sqrt(var + eps) * weight + bias for each channel of `[N, C]` or `[N, C, L]`.
 *
 * When training, mean and variance (biased) are those of the batch, and the buffers `running_mean` and
 * `running_var` (unbiased), both `[numFeatures]`, move towards them by `momentum`; in evaluation mode
 * these are taken. `num_batches_tracked` counts batches. `weight` is first 1 and `bias` 0.
 * @throws RangeError for a numFeatures that is negative or not whole; forward an Error for another
 * number of dimensions, and for one value per channel when training
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
 */
export class BatchNorm1d extends BatchNorm {
  /** @param numFeatures C */
  constructor(numFeatures: number, options?: RunningNormOptions) {
    super('BatchNorm1d', numFeatures, options)
  }
}

/**
 * (x - mean) / sqrt(var + eps) * weight + bias for each channel of `[N, C, H, W]`.
 *
 * When training, mean and variance (biased) are those of the batch, and the buffers `running_mean` and
 * `running_var` (unbiased), both `[numFeatures]`, move towards them by `momentum`; in evaluation mode
 * these are taken. `num_batches_tracked` counts batches. `weight` is first 1 and `bias` 0.
 * @throws RangeError for a numFeatures that is negative or not whole; forward an Error for another
 * number of dimensions, and for one value per channel when training
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
 */
export class BatchNorm2d extends BatchNorm {
  /** @param numFeatures C */
  constructor(numFeatures: number, options?: RunningNormOptions) {
    super('BatchNorm2d', numFeatures, options)
  }
}

/**
 * (x - mean) / sqrt(var + eps) * weight + bias for each channel of `[N, C, D, H, W]`.
 *
 * When training, mean and variance (biased) are those of the batch, and the buffers `running_mean` and
 * `running_var` (unbiased), both `[numFeatures]`, move towards them by `momentum`; in evaluation mode
 * these are taken. `num_batches_tracked` counts batches. `weight` is first 1 and `bias` 0.
 * @throws RangeError for a numFeatures that is negative or not whole; forward an Error for another
 * number of dimensions, and for one value per channel when training
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html
 */
export class BatchNorm3d extends BatchNorm {
  /** @param numFeatures C */
  constructor(numFeatures: number, options?: RunningNormOptions) {
    super('BatchNorm3d', numFeatures, options)
  }
}
