/**
 * Several dimensions as one, and back.
 */
import { integer, rangeError, typeError } from '../../check'
import { type Tensor, tensorArgument } from '../../tensor'
import { Module } from '../module'
import { markPlain, NativeModule } from '../native_module'
import { python } from '../../python_text'

const [least, most] = [-64, 63]

/**
 * The dimensions from `startDim` (default 1) to `endDim` (default -1, the last) as one:
 * `[N, C, H, W]` to `[N, C * H * W]`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 */
export class Flatten extends NativeModule {
  readonly startDim: number
  readonly endDim: number

  constructor(startDim = 1, endDim = -1) {
    integer('startDim', startDim, least, most)
    integer('endDim', endDim, least, most)
    super('Flatten', [startDim, endDim], {})
    this.startDim = startDim
    this.endDim = endDim
  }

  override forward(input: Tensor): Tensor {
    return this.run(input)
  }

  override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`
  }
}

markPlain(Flatten)

/**
 * The dimension `dim` as several of `unflattenedSize`, one of which may be -1: what is left.
 * @throws TypeError unless the sizes are a list
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
 */
export class Unflatten extends Module {
  readonly dim: number
  readonly unflattenedSize: readonly number[]

  constructor(dim: number, unflattenedSize: readonly number[]) {
    super()
    this.dim = integer('dim', dim, least, most)
    if (!Array.isArray(unflattenedSize)) {
      throw typeError('unflattenedSize', 'an Array of integers', unflattenedSize)
    }
    if (unflattenedSize.length === 0) {
      throw rangeError('unflattenedSize', 'at least one size', unflattenedSize)
    }
    this.unflattenedSize = unflattenedSize.map((one, i) =>
      integer(`unflattenedSize[${i}]`, one, -1)
    )
  }

  override forward(input: Tensor): Tensor {
    return tensorArgument('input', input).unflatten(this.dim, this.unflattenedSize)
  }

  override extraRepr(): string {
    return `dim=${this.dim}, unflattened_size=${python(this.unflattenedSize)}`
  }
}
