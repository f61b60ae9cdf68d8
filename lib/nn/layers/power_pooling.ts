/**
 * p-norms of windows.
 */
import { boolean, options as checkOptions, rangeError, typeError } from '../../check'
import type { Tensor } from '../../tensor'
import type { Size } from '../define'
import { lpPool1d, lpPool2d, lpPool3d } from '../functional/pooling'
import { Module } from '../module'
import { python } from '../../python_text'
import { size } from './sizes'

export interface LPPoolOptions {
  /** Default `kernelSize`. */
  stride?: Size | null
  /** Whether windows that reach beyond the end count as well. Default false. */
  ceilMode?: boolean
}

const functions = [lpPool1d, lpPool2d, lpPool3d]

abstract class LPPool extends Module {
  readonly normType: number
  readonly kernelSize: Size
  readonly stride: Size | null
  readonly ceilMode: boolean
  #dims: number

  constructor(dims: number, normType: number, kernelSize: Size, options?: LPPoolOptions) {
    const { stride = null, ceilMode = false } = checkOptions<LPPoolOptions>(
      `LPPool${dims}d`,
      options,
      ['stride', 'ceilMode']
    )
    if (typeof normType !== 'number') throw typeError('normType', 'a number', normType)
    if (normType === 0 || Number.isNaN(normType)) {
      throw rangeError('normType', 'a number other than 0', normType)
    }
    super()
    this.normType = normType
    this.kernelSize = size('kernelSize', kernelSize, dims, 1)
    this.stride = stride === null ? null : size('stride', stride, dims, 1)
    this.ceilMode = boolean('ceilMode', ceilMode)
    this.#dims = dims
  }

  override forward(input: Tensor): Tensor {
    const { normType, kernelSize, stride, ceilMode } = this
    return functions[this.#dims - 1]!(input, normType, kernelSize, stride, ceilMode)
  }

  override extraRepr(): string {
    const { normType, kernelSize, stride, ceilMode } = this
    return (
      `norm_type=${normType}, kernel_size=${python(kernelSize)}, stride=${python(stride)}, ` +
      `ceil_mode=${python(ceilMode)}`
    )
  }
}

/**
 * (sum of x^p)^(1/p) of each window, p = `normType`: `[N, C, W]` or `[C, W]` to `[N, C, W']` with
 * W' = floor((W - kernelSize) / stride) + 1.
 * @throws RangeError for sizes below 1 and normType 0
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html
 */
export class LPPool1d extends LPPool {
  constructor(normType: number, kernelSize: Size, options?: LPPoolOptions) {
    super(1, normType, kernelSize, options)
  }
}

/**
 * LPPool1d of images `[N, C, H, W]` or `[C, H, W]`.
 * @throws RangeError for sizes below 1 and normType 0
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html
 */
export class LPPool2d extends LPPool {
  constructor(normType: number, kernelSize: Size, options?: LPPoolOptions) {
    super(2, normType, kernelSize, options)
  }
}

/**
 * LPPool1d of volumes `[N, C, D, H, W]` or `[C, D, H, W]`.
 * @throws RangeError for sizes below 1 and normType 0
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LPPool3d.html
 */
export class LPPool3d extends LPPool {
  constructor(normType: number, kernelSize: Size, options?: LPPoolOptions) {
    super(3, normType, kernelSize, options)
  }
}
