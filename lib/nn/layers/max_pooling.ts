/**
 * Maxima of windows.
 */
import { boolean, options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import type { Size } from '../define'
import {
  maxPool1dWithIndices,
  maxPool2dWithIndices,
  maxPool3dWithIndices
} from '../functional/max_pooling'
import { markPlain, NativeModule } from '../native_module'
import { type Rest, asOptions } from './positional'
import { python } from '../../python_text'
import { repeat, size } from './sizes'

export interface MaxPoolOptions<I extends boolean = boolean> {
  /** Default `kernelSize`. */
  stride?: Size | null
  /** Elements of minus infinity added on both sides, at most half of a kernel. Default 0. */
  padding?: Size
  /** Steps between the elements of a window. Default 1. */
  dilation?: Size
  /** Whether the result is `[maxima, indices]`; MaxUnpool takes both. Default false. */
  returnIndices?: I
  /** Whether windows that reach beyond the end count as well. Default false. */
  ceilMode?: boolean
}

/** What a pool of maxima gives. */
export type Maxima<I extends boolean> = I extends true ? [Tensor, Tensor] : Tensor

type PoolRest<I extends boolean> = Rest<
  [stride: Size, padding: Size, dilation: Size],
  MaxPoolOptions<I>
>
const byPosition = ['stride', 'padding', 'dilation'] as const
const known = ['stride', 'padding', 'dilation', 'returnIndices', 'ceilMode'] as const
const withIndices = [maxPool1dWithIndices, maxPool2dWithIndices, maxPool3dWithIndices]

abstract class MaxPool<I extends boolean> extends NativeModule {
  readonly kernelSize: Size
  readonly stride: Size
  readonly padding: Size
  readonly dilation: Size
  readonly returnIndices: I
  readonly ceilMode: boolean
  #dims: number

  constructor(dims: number, kernelSize: Size, options?: MaxPoolOptions<I>) {
    const name = `MaxPool${dims}d`
    const given = checkOptions<MaxPoolOptions<I>>(name, options, known)
    const { returnIndices = false as I, ceilMode = false } = given
    const kernel = size('kernelSize', kernelSize, dims, 1)
    const stride = size('stride', given.stride ?? kernel, dims, 1)
    const padding = size('padding', given.padding ?? 0, dims, 0)
    const dilation = size('dilation', given.dilation ?? 1, dims, 1)
    boolean('returnIndices', returnIndices)
    super(name, [repeat(kernel, dims)], {
      stride: repeat(stride, dims),
      padding: repeat(padding, dims),
      dilation: repeat(dilation, dims),
      ceilMode: boolean('ceilMode', ceilMode)
    })
    this.kernelSize = kernel
    this.stride = stride
    this.padding = padding
    this.dilation = dilation
    this.returnIndices = returnIndices
    this.ceilMode = ceilMode
    this.#dims = dims
  }

  override forward(input: Tensor): Maxima<I> {
    if (!this.returnIndices) return this.run(input) as Maxima<I>
    const { kernelSize, stride, padding, dilation, ceilMode } = this
    const run = withIndices[this.#dims - 1]!
    return run(input, kernelSize, stride, padding, dilation, ceilMode) as Maxima<I>
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this
    return (
      `kernel_size=${python(kernelSize)}, stride=${python(stride)}, padding=${python(padding)}, ` +
      `dilation=${python(dilation)}, ceil_mode=${python(ceilMode)}`
    )
  }
}

markPlain(MaxPool, ({ returnIndices }) => !returnIndices)

/**
 * The maximum of each window: `[N, C, W]` or `[C, W]` to `[N, C, W']` with
 * W' = floor((W + 2 padding - dilation (kernelSize - 1) - 1) / stride) + 1. With `returnIndices` it
 * gives the places of the maxima as well.
 * @throws RangeError for sizes below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html
 */
export class MaxPool1d<I extends boolean = false> extends MaxPool<I> {
  constructor(kernelSize: Size, ...rest: PoolRest<I>) {
    super(1, kernelSize, asOptions('MaxPool1d', byPosition, rest))
  }
}

/**
 * MaxPool1d of images `[N, C, H, W]` or `[C, H, W]`.
 * @throws RangeError for sizes below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
 */
export class MaxPool2d<I extends boolean = false> extends MaxPool<I> {
  constructor(kernelSize: Size, ...rest: PoolRest<I>) {
    super(2, kernelSize, asOptions('MaxPool2d', byPosition, rest))
  }
}

/**
 * MaxPool1d of volumes `[N, C, D, H, W]` or `[C, D, H, W]`.
 * @throws RangeError for sizes below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html
 */
export class MaxPool3d<I extends boolean = false> extends MaxPool<I> {
  constructor(kernelSize: Size, ...rest: PoolRest<I>) {
    super(3, kernelSize, asOptions('MaxPool3d', byPosition, rest))
  }
}
