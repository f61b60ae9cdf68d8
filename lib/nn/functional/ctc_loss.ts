/**
 * The loss of sequences whose alignment with the input is not known.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.ctc_loss.html
 */
import { rangeError } from '../../check'
import { isTensor, type Tensor, tensorArgument } from '../../tensor'
import type { Reduction } from '../../values'
import { defineFunction, operator } from '../define'
import { within } from './bounds'
import { reductionCode } from './reduction'

/** Lengths from 0 to `most`. */
function lengths(name: string, given: Tensor | readonly number[], most: number): void {
  if (isTensor(given)) {
    within(name, given, 0, most)
    return
  }
  const wrong = Array.isArray(given) ? given.find((length) => !(length >= 0 && length <= most)) : 0
  if (wrong) throw rangeError(name, `numbers from 0 to ${most}`, wrong)
}

const runCtc = operator('ctc_loss')
/**
 * -log of the probability of target sequences: `logProbs` `[T, N, C]`, `targets` `[N, S]` or one
 * after the other, lengths `[N]` as tensors or numbers. `zeroInfinity` makes impossible ones 0.
 * @throws RangeError for targets that are no class, and for lengths that cannot be
 */
export const ctcLoss = defineFunction(
  'ctcLoss',
  ['logProbs', 'targets', 'inputLengths', 'targetLengths', 'blank', 'reduction', 'zeroInfinity'],
  (
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Tensor | readonly number[],
    targetLengths: Tensor | readonly number[],
    blank = 0,
    reduction: Reduction = 'mean',
    zeroInfinity = false
  ) => {
    const code = reductionCode(reduction)
    const [steps = 0] = logProbs.shape
    within('targets', tensorArgument('targets', targets), 0, (logProbs.shape.at(-1) ?? 0) - 1)
    lengths('inputLengths', inputLengths, steps)
    lengths('targetLengths', targetLengths, targets.numel())
    return runCtc(logProbs, targets, inputLengths, targetLengths, blank, code, zeroInfinity)
  }
)
