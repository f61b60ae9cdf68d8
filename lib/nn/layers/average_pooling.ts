/**
 * Means of windows.
 */
import { boolean, integer, options as checkOptions, rangeError } from '../../check'
import type { Tensor } from '../../tensor'
import type { Size } from '../define'
import { markPlain, NativeModule } from '../native_module'
import { type Rest, asOptions } from './positional'
import { python } from '../../python_text'
import { repeat, size } from './sizes'

export interface AvgPool1dOptions {
  /** Default `kernelSize`. */
  stride?: Size | null
  /** Zeros added on both sides, at most half of a kernel. Default 0. */
  padding?: Size
  /** Whether windows that reach beyond the end count as well. Default false. */
  ceilMode?: boolean
  /** Whether the zeros of the padding count. Default true. */
  countIncludePad?: boolean
}

export interface AvgPoolOptions extends AvgPool1dOptions {
  /** Divides in place of the window's size; null (default) for that. */
  divisorOverride?: number | null
}

type PoolRest<Options> = Rest<[stride: Size, padding: Size], Options>
const byPosition = ['stride', 'padding'] as const
const known1d = ['stride', 'padding', 'ceilMode', 'countIncludePad'] as const
const known = [...known1d, 'divisorOverride'] as const

abstract class AvgPool extends NativeModule {
  readonly kernelSize: Size
  readonly stride: Size
  readonly padding: Size
  readonly ceilMode: boolean
  readonly countIncludePad: boolean
  readonly divisorOverride: number | null

  constructor(dims: number, kernelSize: Size, options: AvgPoolOptions | undefined) {
    const name = `AvgPool${dims}d`
    const given = checkOptions<AvgPoolOptions>(name, options, dims === 1 ? known1d : known)
    const { ceilMode = false, countIncludePad = true } = given
    const kernel = size('kernelSize', kernelSize, dims, 1)
    const stride = size('stride', given.stride ?? kernel, dims, 1)
    const padding = size('padding', given.padding ?? 0, dims, 0)
    const divisor = given.divisorOverride ?? null
    if (divisor !== null && integer('divisorOverride', divisor, -(2 ** 31), 2 ** 31) === 0) {
      throw rangeError('divisorOverride', 'an integer other than 0', divisor)
    }
    super(name, [repeat(kernel, dims)], {
      stride: repeat(stride, dims),
      padding: repeat(padding, dims),
      ceilMode: boolean('ceilMode', ceilMode),
      countIncludePad: boolean('countIncludePad', countIncludePad),
      ...(divisor === null ? {} : { divisorOverride: divisor })
    })
    // Python keeps the sizes of this one as tuples, those of the others as they came.
    const kept = (value: Size) => (dims === 1 ? repeat(value, 1) : value)
    this.kernelSize = kept(kernel)
    this.stride = kept(stride)
    this.padding = kept(padding)
    this.ceilMode = ceilMode
    this.countIncludePad = countIncludePad
    this.divisorOverride = divisor
  }

  override forward(input: Tensor): Tensor {
    return this.run(input)
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding } = this
    return `kernel_size=${python(kernelSize)}, stride=${python(stride)}, padding=${python(padding)}`
  }
}

markPlain(AvgPool)

/**
 * The mean of each window: `[N, C, W]` or `[C, W]` to `[N, C, W']` with
 * W' = floor((W + 2 padding - kernelSize) / stride) + 1.
 * @throws RangeError for sizes below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html
 */
export class AvgPool1d extends AvgPool {
  constructor(kernelSize: Size, ...rest: PoolRest<AvgPool1dOptions>) {
    super(1, kernelSize, asOptions<AvgPoolOptions>('AvgPool1d', byPosition, rest))
  }
}

/**
 * AvgPool1d of images `[N, C, H, W]` or `[C, H, W]`.
 * @throws RangeError for sizes below 1 and a divisor 0
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
 */
export class AvgPool2d extends AvgPool {
  constructor(kernelSize: Size, ...rest: PoolRest<AvgPoolOptions>) {
    super(2, kernelSize, asOptions<AvgPoolOptions>('AvgPool2d', byPosition, rest))
  }
}

/**
 * AvgPool1d of volumes `[N, C, D, H, W]` or `[C, D, H, W]`.
 * @throws RangeError for sizes below 1 and a divisor 0
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html
 */
export class AvgPool3d extends AvgPool {
  constructor(kernelSize: Size, ...rest: PoolRest<AvgPoolOptions>) {
    super(3, kernelSize, asOptions<AvgPoolOptions>('AvgPool3d', byPosition, rest))
  }
}
