/**
 * The blocks that a convolution sees, taken out of images and put back.
 */
import { options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import type { Size } from '../define'
import { fold, unfold } from '../functional/convolution'
import { Module } from '../module'
import { python } from '../../python_text'
import { size } from './sizes'

export interface FoldOptions {
  /** Steps between the elements of a block. Default 1. */
  dilation?: Size
  /** Zeros added on both sides of the image. Default 0. */
  padding?: Size
  /** Steps between blocks. Default 1. */
  stride?: Size
}

const known = ['dilation', 'padding', 'stride'] as const

abstract class Blocks extends Module {
  readonly kernelSize: Size
  readonly dilation: Size
  readonly padding: Size
  readonly stride: Size

  constructor(name: string, kernelSize: Size, options: FoldOptions | undefined) {
    const {
      dilation = 1,
      padding = 0,
      stride = 1
    } = checkOptions<FoldOptions>(name, options, known)
    super()
    this.kernelSize = size('kernelSize', kernelSize, 2, 1)
    this.dilation = size('dilation', dilation, 2, 1)
    this.padding = size('padding', padding, 2, 0)
    this.stride = size('stride', stride, 2, 1)
  }

  override extraRepr(): string {
    const { kernelSize, dilation, padding, stride } = this
    return (
      `kernel_size=${python(kernelSize)}, dilation=${python(dilation)}, ` +
      `padding=${python(padding)}, stride=${python(stride)}`
    )
  }
}

/**
 * The sum of blocks, each in its place: `[N, C * kH * kW, blocks]` to `[N, C, ...outputSize]`; without
 * N alike.
 * @throws RangeError for sizes below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Fold.html
 */
export class Fold extends Blocks {
  readonly outputSize: Size

  constructor(outputSize: Size, kernelSize: Size, options?: FoldOptions) {
    super('Fold', kernelSize, options)
    this.outputSize = size('outputSize', outputSize, 2, 1)
  }

  override forward(input: Tensor): Tensor {
    const { outputSize, kernelSize, dilation, padding, stride } = this
    return fold(input, outputSize, kernelSize, dilation, padding, stride)
  }

  override extraRepr(): string {
    return `output_size=${python(this.outputSize)}, ${super.extraRepr()}`
  }
}

/**
 * The blocks that a Conv2d sees: `[N, C, H, W]` to `[N, C * kH * kW, blocks]`; without N alike.
 * @throws RangeError for sizes below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Unfold.html
 */
export class Unfold extends Blocks {
  constructor(kernelSize: Size, options?: FoldOptions) {
    super('Unfold', kernelSize, options)
  }

  override forward(input: Tensor): Tensor {
    const { kernelSize, dilation, padding, stride } = this
    return unfold(input, kernelSize, dilation, padding, stride)
  }
}
