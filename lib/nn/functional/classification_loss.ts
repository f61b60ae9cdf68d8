/**
 * Losses against classes and probabilities. `reduction` makes one loss of those of the samples: 'mean'
 * (default), 'sum', or 'none' for no reduction. What Python has after its deprecated `size_average`
 * is given by keyword here.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#loss-functions
 */
import { rangeError } from '../../check'
import { type Tensor, tensorArgument } from '../../tensor'
import type { Reduction } from '../../values'
import { defineFunction, operator } from '../define'
import { logsigmoid } from './plain_activation'
import { reduce, reductionCode } from './reduction'

const runCrossEntropy = operator('cross_entropy_loss')
/**
 * -log softmax(input)[target]: input `[N, C, ...]` (or `[C]`) of logits, target `[N, ...]` of class
 * numbers or of the input's shape with probabilities; `weight` one for each class. Targets of
 * `ignoreIndex` (default -100) count nothing.
 */
export const crossEntropy = defineFunction(
  'crossEntropy',
  ['input', 'target', 'weight', '*', 'ignoreIndex', 'reduction', 'labelSmoothing'],
  (
    input: Tensor,
    target: Tensor,
    weight: Tensor | null = null,
    ignoreIndex = -100,
    reduction: Reduction = 'mean',
    labelSmoothing = 0
  ) => runCrossEntropy(input, target, weight, reductionCode(reduction), ignoreIndex, labelSmoothing)
)

const runNll = operator('nll_loss_nd')
/** -input[target]: as crossEntropy, for an input of log-probabilities. */
export const nllLoss = defineFunction(
  'nllLoss',
  ['input', 'target', 'weight', '*', 'ignoreIndex', 'reduction'],
  (
    input: Tensor,
    target: Tensor,
    weight: Tensor | null = null,
    ignoreIndex = -100,
    reduction: Reduction = 'mean'
  ) => runNll(input, target, weight, reductionCode(reduction), ignoreIndex)
)

function sameShape(input: Tensor, target: Tensor): void {
  const [own, wanted] = [tensorArgument('target', target).shape, input.shape]
  if (String(own) !== String(wanted)) {
    throw rangeError('target', `the input's shape [${wanted.join(', ')}]`, own)
  }
}

const broadcast = operator<(tensors: Tensor[]) => [Tensor, Tensor]>('broadcast_tensors')
const runBinary = operator('binary_cross_entropy')
/**
 * -(target * log(input) + (1 - target) * log(1 - input)), for probabilities of one shape; `weight`
 * broadcasts to it.
 * @throws RangeError for shapes that differ
 */
export const binaryCrossEntropy = defineFunction(
  'binaryCrossEntropy',
  ['input', 'target', 'weight', '*', 'reduction'],
  (input: Tensor, target: Tensor, weight: Tensor | null = null, reduction: Reduction = 'mean') => {
    sameShape(input, target)
    const weights = weight && broadcast([target, tensorArgument('weight', weight)])[1]
    return runBinary(input, target, weights, reductionCode(reduction))
  }
)

const runBinaryWithLogits = operator('binary_cross_entropy_with_logits')
/**
 * binaryCrossEntropy of sigmoid(input); `posWeight` multiplies the part of positive targets.
 * @throws RangeError for shapes that differ
 */
export const binaryCrossEntropyWithLogits = defineFunction(
  'binaryCrossEntropyWithLogits',
  ['input', 'target', 'weight', '*', 'reduction', 'posWeight'],
  (
    input: Tensor,
    target: Tensor,
    weight: Tensor | null = null,
    reduction: Reduction = 'mean',
    posWeight: Tensor | null = null
  ) => {
    sameShape(input, target)
    return runBinaryWithLogits(input, target, weight, posWeight, reductionCode(reduction))
  }
)

const runKlDiv = operator('kl_div')
/**
 * target * (log(target) - input), for an input of log-probabilities; with `logTarget` the target is
 * one of these too. 'batchmean' divides the sum by the size of dimension 0, as the definition does.
 */
export const klDiv = defineFunction(
  'klDiv',
  ['input', 'target', '*', 'reduction', 'logTarget'],
  (
    input: Tensor,
    target: Tensor,
    reduction: Reduction | 'batchmean' = 'mean',
    logTarget = false
  ) => {
    const byBatch = reduction === 'batchmean'
    const code = reductionCode(byBatch ? 'sum' : reduction)
    const loss = runKlDiv(input, target, code, { logTarget })
    return byBatch && input.ndim > 0 ? loss.div(input.shape[0] as number) : loss
  }
)

const runMultiMargin = operator('multi_margin_loss')
/**
 * sum of max(0, margin - input[target] + input[i])^p / C over the other classes i; input `[N, C]`,
 * target `[N]`, p 1 or 2, `weight` one for each class.
 * @throws RangeError for another p, or a weight of another size
 */
export const multiMarginLoss = defineFunction(
  'multiMarginLoss',
  ['input', 'target', 'p', 'margin', 'weight', '*', 'reduction'],
  (
    input: Tensor,
    target: Tensor,
    p = 1,
    margin = 1,
    weight: Tensor | null = null,
    reduction: Reduction = 'mean'
  ) => {
    if (p !== 1 && p !== 2) throw rangeError('p', '1 or 2', p)
    const classes = input.shape.slice(-1)
    if (weight && String(tensorArgument('weight', weight).shape) !== String(classes)) {
      throw rangeError('weight', `one number for each class [${classes.join()}]`, weight.shape)
    }
    return runMultiMargin(input, target, p, margin, weight, reductionCode(reduction))
  }
)

const runMultilabelMargin = operator('multilabel_margin_loss')
/** multiMarginLoss for several classes a sample: target `[N, C]`, class numbers up to the first -1. */
export const multilabelMarginLoss = defineFunction(
  'multilabelMarginLoss',
  ['input', 'target', '*', 'reduction'],
  (input: Tensor, target: Tensor, reduction: Reduction = 'mean') =>
    runMultilabelMargin(input, target, reductionCode(reduction))
)

const rsub = operator('rsub')
/** binaryCrossEntropyWithLogits, averaged over the classes of the last dimension. */
export const multilabelSoftMarginLoss = defineFunction(
  'multilabelSoftMarginLoss',
  ['input', 'target', 'weight', '*', 'reduction'],
  (input: Tensor, target: Tensor, weight: Tensor | null = null, reduction: Reduction = 'mean') => {
    reductionCode(reduction)
    const positive = tensorArgument('target', target).mul(logsigmoid(input))
    const losses = positive.add(rsub(target, 1).mul(logsigmoid(input.neg()))).neg()
    const last = input.ndim - 1
    const weightedLosses = weight ? losses.mul(weight) : losses
    return reduce(weightedLosses.sum(last).div(input.shape[last] as number), reduction)
  }
)

const runSoftMargin = operator('soft_margin_loss')
/** log(1 + exp(-target * input)), targets 1 or -1. */
export const softMarginLoss = defineFunction(
  'softMarginLoss',
  ['input', 'target', '*', 'reduction'],
  (input: Tensor, target: Tensor, reduction: Reduction = 'mean') =>
    runSoftMargin(input, target, reductionCode(reduction))
)
