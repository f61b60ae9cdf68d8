/**
 * Means and maxima of as many windows as the output has elements.
 */
import { boolean, integer, options as checkOptions, rangeError } from '../../check'
import type { Tensor } from '../../tensor'
import type { Size } from '../define'
import {
  type AdaptiveSize,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3dWithIndices
} from '../functional/pooling'
import { Module } from '../module'
import { markPlain, NativeModule } from '../native_module'
import type { Maxima } from './max_pooling'
import { python } from '../../python_text'
import { repeat, size } from './sizes'

/** `value` as it was given, once it is an output size; null only where there are several. */
function outputSizeOf(value: unknown, dims: number): AdaptiveSize {
  if (dims === 1 || !Array.isArray(value)) return size('outputSize', value, dims, 0)
  const expected = `an integer or ${dims} integers or nulls`
  if (value.length !== dims) throw rangeError('outputSize', expected, value)
  return value.map((one, i) => (one === null ? null : integer(`outputSize[${i}]`, one)))
}

abstract class AdaptiveAvgPool extends NativeModule {
  readonly outputSize: AdaptiveSize

  constructor(dims: number, outputSize: AdaptiveSize) {
    const wanted = outputSizeOf(outputSize, dims)
    const each = repeat<number | null>(wanted, dims).map((one) => one ?? -1)
    super(`AdaptiveAvgPool${dims}d`, [each], {})
    this.outputSize = wanted
  }

  override forward(input: Tensor): Tensor {
    return this.run(input)
  }

  override extraRepr(): string {
    return `output_size=${python(this.outputSize)}`
  }
}

markPlain(AdaptiveAvgPool)

/**
 * Means of windows such that the output is `[N, C, outputSize]`; input `[N, C, W]` or `[C, W]`.
 * @throws RangeError for a negative size
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html
 */
export class AdaptiveAvgPool1d extends AdaptiveAvgPool {
  constructor(outputSize: Size) {
    super(1, outputSize)
  }
}

/**
 * AdaptiveAvgPool1d of images `[N, C, H, W]` or `[C, H, W]`: one size for a square, or two, where null
 * keeps the input's.
 * @throws RangeError for a negative size
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
 */
export class AdaptiveAvgPool2d extends AdaptiveAvgPool {
  constructor(outputSize: AdaptiveSize) {
    super(2, outputSize)
  }
}

/**
 * AdaptiveAvgPool1d of volumes `[N, C, D, H, W]` or `[C, D, H, W]`: one size, or three, where null
 * keeps the input's.
 * @throws RangeError for a negative size
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html
 */
export class AdaptiveAvgPool3d extends AdaptiveAvgPool {
  constructor(outputSize: AdaptiveSize) {
    super(3, outputSize)
  }
}

export interface AdaptiveMaxPoolOptions<I extends boolean = boolean> {
  /** Whether the result is `[maxima, indices]`. Default false. */
  returnIndices?: I
}

const maxima = [
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3dWithIndices
]

abstract class AdaptiveMaxPool<I extends boolean> extends Module {
  readonly outputSize: AdaptiveSize
  readonly returnIndices: I
  #dims: number

  constructor(dims: number, outputSize: AdaptiveSize, options?: AdaptiveMaxPoolOptions<I>) {
    const { returnIndices = false as I } = checkOptions<AdaptiveMaxPoolOptions<I>>(
      `AdaptiveMaxPool${dims}d`,
      options,
      ['returnIndices']
    )
    boolean('returnIndices', returnIndices)
    super()
    this.outputSize = outputSizeOf(outputSize, dims)
    this.returnIndices = returnIndices
    this.#dims = dims
  }

  override forward(input: Tensor): Maxima<I> {
    const found = maxima[this.#dims - 1]!(input, this.outputSize)
    return (this.returnIndices ? found : found[0]) as Maxima<I>
  }

  override extraRepr(): string {
    return `output_size=${python(this.outputSize)}`
  }
}

/**
 * Maxima of windows such that the output is `[N, C, outputSize]`; input `[N, C, W]` or `[C, W]`. With
 * `returnIndices` it gives the places of the maxima as well.
 * @throws RangeError for a negative size
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html
 */
export class AdaptiveMaxPool1d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  constructor(outputSize: Size, options?: AdaptiveMaxPoolOptions<I>) {
    super(1, outputSize, options)
  }
}

/**
 * AdaptiveMaxPool1d of images `[N, C, H, W]` or `[C, H, W]`: one size for a square, or two, where null
 * keeps the input's.
 * @throws RangeError for a negative size
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
 */
export class AdaptiveMaxPool2d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  constructor(outputSize: AdaptiveSize, options?: AdaptiveMaxPoolOptions<I>) {
    super(2, outputSize, options)
  }
}

/**
 * AdaptiveMaxPool1d of volumes `[N, C, D, H, W]` or `[C, D, H, W]`: one size, or three, where null
 * keeps the input's.
 * @throws RangeError for a negative size
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html
 */
export class AdaptiveMaxPool3d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  constructor(outputSize: AdaptiveSize, options?: AdaptiveMaxPoolOptions<I>) {
    super(3, outputSize, options)
  }
}
