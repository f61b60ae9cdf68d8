/**
 * Layers that multiply by a matrix.
 */
import { boolean, integer, options as checkOptions } from '../check'
import type { DType } from '../dtype'
import type { Tensor } from '../tensor'
import { markPlain, NativeModule } from './native_module'

export interface LinearOptions {
  /** Whether `b` is learnt and added. Default true. */
  bias?: boolean
  /** Default `'cpu'`. */
  device?: string
  /** Default `'float32'`. */
  dtype?: DType
}

/**
 * y = x W^T + b. Input `[..., inFeatures]`, output `[..., outFeatures]`.
 *
 * `weight` `[outFeatures, inFeatures]` and `bias` `[outFeatures]` (null without) are first drawn
 * from U(-k, k) with k = 1 / sqrt(inFeatures).
 * @throws RangeError for sizes that are negative or not whole
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 */
export class Linear extends NativeModule {
  declare weight: Tensor
  declare bias: Tensor | null
  readonly inFeatures: number
  readonly outFeatures: number

  constructor(inFeatures: number, outFeatures: number, options?: LinearOptions) {
    integer('inFeatures', inFeatures)
    integer('outFeatures', outFeatures)
    const {
      bias = true,
      device,
      dtype
    } = checkOptions<LinearOptions>('Linear', options, ['bias', 'device', 'dtype'])
    boolean('bias', bias)
    super('Linear', [inFeatures, outFeatures], { bias, device, dtype })
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
  }

  override forward(input: Tensor): Tensor {
    return this.run(input)
  }

  override extraRepr(): string {
    const flag = this.bias ? 'True' : 'False'
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${flag}`
  }
}

markPlain(Linear)
