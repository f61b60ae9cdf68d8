/**
 * The loss of sequences whose alignment with the input is not known.
 */
import { boolean, integer, options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import { ctcLoss } from '../functional/ctc_loss'
import { Loss, type LossOptions } from './loss'

export interface CTCLossOptions extends LossOptions {
  /** The class that stands for no letter. Default 0. */
  blank?: number
  /** Whether impossible alignments count 0 in place of infinity. Default false. */
  zeroInfinity?: boolean
}

/**
 * -log of the probability of target sequences: `logProbs` `[T, N, C]` or `[T, C]`, `targets` `[N, S]` or
 * one after the other, lengths `[N]` as tensors or numbers. `'mean'` divides each by its target's
 * length first.
 * @throws RangeError for targets that are no class, and for lengths that cannot be
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html
 */
export class CTCLoss extends Loss {
  readonly blank: number
  readonly zeroInfinity: boolean

  constructor(options?: CTCLossOptions) {
    const names = ['blank', 'reduction', 'zeroInfinity']
    const given = checkOptions<CTCLossOptions>('CTCLoss', options, names)
    super(given)
    this.blank = integer('blank', given.blank ?? 0)
    this.zeroInfinity = boolean('zeroInfinity', given.zeroInfinity ?? false)
  }

  override forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Tensor | readonly number[],
    targetLengths: Tensor | readonly number[]
  ): Tensor {
    const { blank, reduction, zeroInfinity } = this
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, {
      blank,
      reduction,
      zeroInfinity
    })
  }
}
