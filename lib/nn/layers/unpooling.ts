/**
 * Maxima back in their places.
 */
import { options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import type { Size } from '../define'
import { maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../functional/unpooling'
import { Module } from '../module'
import { python } from '../../python_text'
import { sizes } from './sizes'

export interface MaxUnpoolOptions {
  /** That of the pool; default `kernelSize`. */
  stride?: Size | null
  /** That of the pool; default 0. */
  padding?: Size
}

const functions = [maxUnpool1d, maxUnpool2d, maxUnpool3d]

abstract class MaxUnpool extends Module {
  readonly kernelSize: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[]

  constructor(dims: number, kernelSize: Size, options?: MaxUnpoolOptions) {
    const { stride, padding = 0 } = checkOptions<MaxUnpoolOptions>(`MaxUnpool${dims}d`, options, [
      'stride',
      'padding'
    ])
    super()
    this.kernelSize = sizes('kernelSize', kernelSize, dims, 1)
    this.stride = sizes('stride', stride ?? kernelSize, dims, 1)
    this.padding = sizes('padding', padding, dims, 0)
  }

  /**
   * @param indices the pool's, int64
   * @param outputSize which of the sizes that pool to the input's is meant, with or without batch
   * and channels; default (size - 1) stride + kernelSize - 2 padding
   * @throws RangeError for another size
   */
  override forward(
    input: Tensor,
    indices: Tensor,
    outputSize: readonly number[] | null = null
  ): Tensor {
    const { kernelSize, stride, padding } = this
    const run = functions[kernelSize.length - 1]!
    return run(input, indices, kernelSize, stride, padding, outputSize)
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding } = this
    return `kernel_size=${python(kernelSize)}, stride=${python(stride)}, padding=${python(padding)}`
  }
}

/**
 * The maxima of a MaxPool1d `[N, C, W]` or `[C, W]` back in their places, zeros elsewhere.
 * @throws RangeError for sizes below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxUnpool1d.html
 */
export class MaxUnpool1d extends MaxUnpool {
  constructor(kernelSize: Size, options?: MaxUnpoolOptions) {
    super(1, kernelSize, options)
  }
}

/**
 * MaxUnpool1d of images `[N, C, H, W]` or `[C, H, W]`.
 * @throws RangeError for sizes below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html
 */
export class MaxUnpool2d extends MaxUnpool {
  constructor(kernelSize: Size, options?: MaxUnpoolOptions) {
    super(2, kernelSize, options)
  }
}

/**
 * MaxUnpool1d of volumes `[N, C, D, H, W]` or `[C, D, H, W]`.
 * @throws RangeError for sizes below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxUnpool3d.html
 */
export class MaxUnpool3d extends MaxUnpool {
  constructor(kernelSize: Size, options?: MaxUnpoolOptions) {
    super(3, kernelSize, options)
  }
}
