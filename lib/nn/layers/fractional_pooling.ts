/**
 * Maxima of windows that are placed by chance.
 */
import { boolean, finite, options as checkOptions, rangeError, typeError } from '../../check'
import { type Tensor, tensorArgument } from '../../tensor'
import type { Size } from '../define'
import {
  fractionalMaxPool2dWithIndices,
  fractionalMaxPool3dWithIndices
} from '../functional/fractional_pooling'
import { Module } from '../module'
import type { Maxima } from './max_pooling'
import { repeat, sizes } from './sizes'

export interface FractionalMaxPoolOptions<I extends boolean = boolean> {
  /** The output's size; this or `outputRatio` is needed. */
  outputSize?: Size | null
  /** The output's size over the input's, between 0 and 1. */
  outputRatio?: number | readonly number[] | null
  /** Whether the result is `[maxima, indices]`. Default false. */
  returnIndices?: I
  /** `[N, C, 2]` (3 for volumes) of [0, 1): where windows lie, in place of chance. A buffer. */
  _randomSamples?: Tensor | null
}

const known = ['outputSize', 'outputRatio', 'returnIndices', '_randomSamples'] as const

function ratios(value: unknown, dims: number): readonly number[] {
  const each = repeat(value, dims)
  if (each.length !== dims) throw rangeError('outputRatio', `a number or ${dims} of them`, value)
  return each.map((one) => {
    const ratio = finite('outputRatio', one)
    if (ratio > 0 && ratio < 1) return ratio
    throw rangeError('outputRatio', 'a number between 0 and 1', ratio)
  })
}

abstract class FractionalMaxPool<I extends boolean> extends Module {
  readonly kernelSize: readonly number[]
  readonly outputSize: readonly number[] | null
  readonly outputRatio: readonly number[] | null
  readonly returnIndices: I
  /** By Python's name, which is that in the state. */
  declare _random_samples: Tensor | null

  constructor(dims: number, kernelSize: Size, options?: FractionalMaxPoolOptions<I>) {
    const name = `FractionalMaxPool${dims}d`
    const given = checkOptions<FractionalMaxPoolOptions<I>>(name, options, known)
    const { returnIndices = false as I, _randomSamples: samples = null } = given
    const { outputSize = null, outputRatio = null } = given
    if ((outputSize === null) === (outputRatio === null)) {
      throw typeError(name, 'either an outputSize or an outputRatio', outputSize)
    }
    super()
    this.kernelSize = sizes('kernelSize', kernelSize, dims, 1)
    this.returnIndices = boolean('returnIndices', returnIndices) as I
    this.outputSize = outputSize === null ? null : sizes('outputSize', outputSize, dims, 1)
    this.outputRatio = outputRatio === null ? null : ratios(outputRatio, dims)
    if (samples) this.registerBuffer('_random_samples', tensorArgument('_randomSamples', samples))
    else this._random_samples = null
  }

  override forward(input: Tensor): Maxima<I> {
    const { kernelSize, outputSize, outputRatio, returnIndices, _random_samples } = this
    const run =
      kernelSize.length === 2 ? fractionalMaxPool2dWithIndices : fractionalMaxPool3dWithIndices
    const found = run(input, kernelSize, outputSize, outputRatio, returnIndices, _random_samples)
    return (returnIndices ? found : found[0]) as Maxima<I>
  }
}

/**
 * Maxima of windows of images `[N, C, H, W]` or `[C, H, W]` that are placed by chance, such that the
 * output has `outputSize` or `outputRatio` times the input's size.
 * @throws TypeError unless one of these two is given, RangeError for ratios outside of 0 to 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool2d.html
 */
export class FractionalMaxPool2d<I extends boolean = false> extends FractionalMaxPool<I> {
  constructor(kernelSize: Size, options: FractionalMaxPoolOptions<I>) {
    super(2, kernelSize, options)
  }
}

/**
 * FractionalMaxPool2d of volumes `[N, C, D, H, W]` or `[C, D, H, W]`.
 * @throws TypeError, RangeError as FractionalMaxPool2d
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool3d.html
 */
export class FractionalMaxPool3d<I extends boolean = false> extends FractionalMaxPool<I> {
  constructor(kernelSize: Size, options: FractionalMaxPoolOptions<I>) {
    super(3, kernelSize, options)
  }
}
