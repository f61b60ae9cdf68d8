/**
 * The squared error, which is libtorch's own class.
 */
import { oneOf, options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import { NativeModule } from '../native_module'
import { type LossOptions, type Reduction, reductions } from './loss'

/**
 * (output - target)^2, reduced to a scalar by `'mean'` (default) or `'sum'`, or of the input's shape
 * with `'none'`. Both inputs of one shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 */
export class MSELoss extends NativeModule {
  readonly reduction: Reduction

  constructor(options?: LossOptions) {
    const { reduction = 'mean' } = checkOptions<LossOptions>('MSELoss', options, ['reduction'])
    super('MSELoss', [], { reduction: oneOf('reduction', reduction, reductions) })
    this.reduction = reduction
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return this.run(input, target)
  }
}
