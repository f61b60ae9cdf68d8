/**
 * Activations: functions applied to every element.
 */
import { boolean, options as checkOptions } from '../check'
import type { Tensor } from '../tensor'
import { markPlain, NativeModule } from './native_module'

export interface ReLUOptions {
  /** Whether the input itself is changed. Default false. */
  inplace?: boolean
}

/**
 * max(x, 0), element by element; any shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 */
export class ReLU extends NativeModule {
  readonly inplace: boolean

  constructor(options?: ReLUOptions) {
    const { inplace = false } = checkOptions<ReLUOptions>('ReLU', options, ['inplace'])
    super('ReLU', [], { inplace: boolean('inplace', inplace) })
    this.inplace = inplace
  }

  override forward(input: Tensor): Tensor {
    return this.run(input)
  }

  override extraRepr(): string {
    return this.inplace ? 'inplace=True' : ''
  }
}

markPlain(ReLU)
