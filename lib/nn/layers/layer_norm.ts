/**
 * Normalisation over the last dimensions of each sample.
 */
import { boolean, finite, integer, options as checkOptions } from '../../check'
import { ones } from '../../creation'
import type { Tensor } from '../../tensor'
import { rmsNorm } from '../functional'
import { Module } from '../module'
import { markPlain, NativeModule } from '../native_module'
import { Parameter } from '../parameter'
import { needs } from '../version'
import type { FactoryOptions } from './factory'
import { orNone, python, pythonFloat } from '../../python_text'
import { biasRepr, runningChecks } from './running_norm'

/** The last dimensions: one number for one of them. */
function lastDimensions(shape: number | readonly number[]): number[] {
  const sizes = Array.isArray(shape) ? shape : [shape]
  return sizes.map((size) => integer('normalizedShape', size))
}

export interface LayerNormOptions extends FactoryOptions {
  /** Added to the variance, so that nothing is divided by 0. Default 1e-5. */
  eps?: number
  /** Whether `weight` and `bias` are learnt. Default true. */
  elementwiseAffine?: boolean
  /** Whether there is a `bias` beside `weight`. Default true. */
  bias?: boolean
}

/**
 * (x - mean) / sqrt(var + eps) * weight + bias, with mean and variance over the last dimensions of
 * `[..., ...normalizedShape]`. The result has the input's shape.
 *
 * `weight` (first 1) and `bias` (first 0) have the shape `normalizedShape`.
 * @throws RangeError for sizes that are negative or not whole; forward an Error for an input whose
 * last dimensions are others
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 */
export class LayerNorm extends NativeModule {
  declare weight: Tensor | null
  declare bias: Tensor | null
  declare eps: number
  readonly normalizedShape: readonly number[]
  readonly elementwiseAffine: boolean

  constructor(normalizedShape: number | readonly number[], options?: LayerNormOptions) {
    const shape = lastDimensions(normalizedShape)
    const {
      eps = 1e-5,
      elementwiseAffine = true,
      bias = true,
      device,
      dtype
    } = checkOptions<LayerNormOptions>('LayerNorm', options, [
      'eps',
      'elementwiseAffine',
      'bias',
      'device',
      'dtype'
    ])
    finite('eps', eps)
    boolean('elementwiseAffine', elementwiseAffine)
    boolean('bias', bias)
    super('LayerNorm', [shape], { eps, elementwiseAffine, device, dtype })
    this.defineOptions({ eps: runningChecks.eps })
    if (!bias) this.bias = null
    this.normalizedShape = shape
    this.elementwiseAffine = elementwiseAffine
  }

  override forward(input: Tensor): Tensor {
    return this.run(input)
  }

  override extraRepr(): string {
    return (
      `${python(this.normalizedShape)}, eps=${pythonFloat(this.eps)}, ` +
      `elementwise_affine=${python(this.elementwiseAffine)}${biasRepr(this.bias)}`
    )
  }
}

markPlain(LayerNorm)

export interface RMSNormOptions extends FactoryOptions {
  /** Added to the mean square; null (default) for the input dtype's machine epsilon. */
  eps?: number | null
  /** Whether `weight` is learnt. Default true. */
  elementwiseAffine?: boolean
}

/**
 * x / sqrt(mean(x^2) + eps) * weight, with the mean over the last dimensions of
 * `[..., ...normalizedShape]`. The result has the input's shape.
 *
 * `weight` (first 1) has the shape `normalizedShape`. Needs libtorch 2.4.
 * @throws Error with an older libtorch; RangeError for sizes that are negative or not whole
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html
 */
export class RMSNorm extends Module {
  weight: Tensor | null = null
  eps: number | null
  readonly normalizedShape: readonly number[]
  readonly elementwiseAffine: boolean

  constructor(normalizedShape: number | readonly number[], options?: RMSNormOptions) {
    super()
    needs('RMSNorm', 2, 4)
    this.normalizedShape = lastDimensions(normalizedShape)
    const {
      eps = null,
      elementwiseAffine = true,
      device,
      dtype
    } = checkOptions<RMSNormOptions>('RMSNorm', options, [
      'eps',
      'elementwiseAffine',
      'device',
      'dtype'
    ])
    this.eps = eps === null ? null : finite('eps', eps)
    this.elementwiseAffine = boolean('elementwiseAffine', elementwiseAffine)
    if (elementwiseAffine) this.weight = Parameter(ones(this.normalizedShape, { device, dtype }))
  }

  override forward(input: Tensor): Tensor {
    return rmsNorm(input, this.normalizedShape, this.weight, this.eps)
  }

  override extraRepr(): string {
    return (
      `${python(this.normalizedShape)}, eps=${orNone(this.eps, pythonFloat)}, ` +
      `elementwise_affine=${python(this.elementwiseAffine)}`
    )
  }
}
