/**
 * Losses against numbers. `reduction` makes one loss of those of the elements: 'mean' (default),
 * 'sum', or 'none' for no reduction. What Python has after its deprecated `size_average` is given by
 * keyword here.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#loss-functions
 */
import { rangeError } from '../../check'
import { noGrad } from '../../modes'
import { type Tensor, tensorArgument } from '../../tensor'
import type { Reduction } from '../../values'
import { defineFunction, operator } from '../define'
import { reduce, reductionCode } from './reduction'

const broadcast = operator<(tensors: Tensor[]) => [Tensor, Tensor]>('broadcast_tensors')

function bothOfOneShape(input: Tensor, target: Tensor): [Tensor, Tensor] {
  return broadcast([input, tensorArgument('target', target)])
}

/** Losses times weights; their mean is by the sum of the weights. */
function weighted(losses: Tensor, weight: Tensor, reduction: Reduction): Tensor {
  if (String(tensorArgument('weight', weight).shape) !== String(losses.shape)) {
    throw rangeError('weight', `the input's shape [${losses.shape.join(', ')}]`, weight.shape)
  }
  const products = losses.mul(weight)
  if (reduction === 'mean') return products.sum().div(weight.sum())
  return reduce(products, reduction)
}

const lossParameters = ['input', 'target', '*', 'reduction', 'weight'] as const

const runL1 = operator('l1_loss')
/** |input - target|; `weight` one for each element. */
export const l1Loss = defineFunction(
  'l1Loss',
  lossParameters,
  (input: Tensor, target: Tensor, reduction: Reduction = 'mean', weight: Tensor | null = null) => {
    const [x, y] = bothOfOneShape(input, target)
    if (weight) return weighted(x.sub(y).abs(), weight, reduction)
    return runL1(x, y, reductionCode(reduction))
  }
)

const runMse = operator('mse_loss')
/** (input - target)^2; `weight` one for each element. */
export const mseLoss = defineFunction(
  'mseLoss',
  lossParameters,
  (input: Tensor, target: Tensor, reduction: Reduction = 'mean', weight: Tensor | null = null) => {
    const [x, y] = bothOfOneShape(input, target)
    if (weight) return weighted(x.sub(y).pow(2), weight, reduction)
    return runMse(x, y, reductionCode(reduction))
  }
)

const runSmoothL1 = operator('smooth_l1_loss')
/** d^2 / (2 beta) where d = |input - target| < beta, else d - beta / 2. */
export const smoothL1Loss = defineFunction(
  'smoothL1Loss',
  ['input', 'target', '*', 'reduction', 'beta'],
  (input: Tensor, target: Tensor, reduction: Reduction = 'mean', beta = 1) => {
    const both = bothOfOneShape(input, target)
    if (beta === 0) return runL1(...both, reductionCode(reduction))
    return runSmoothL1(...both, reductionCode(reduction), beta)
  }
)

const runHuber = operator('huber_loss')
/** d^2 / 2 where d = |input - target| < delta, else delta * (d - delta / 2); `weight` one an element. */
export const huberLoss = defineFunction(
  'huberLoss',
  ['input', 'target', 'reduction', 'delta', 'weight'],
  (
    input: Tensor,
    target: Tensor,
    reduction: Reduction = 'mean',
    delta = 1,
    weight: Tensor | null = null
  ) => {
    const both = bothOfOneShape(input, target)
    if (!weight) return runHuber(...both, reductionCode(reduction), delta)
    const losses = runHuber(...both, reductionCode('none'), delta)
    // Unlike the others, PyTorch's mean is by the number of elements here.
    return reduction === 'mean'
      ? weighted(losses, weight, 'none').mean()
      : weighted(losses, weight, reduction)
  }
)

const runPoissonNll = operator('poisson_nll_loss')
/**
 * exp(input) - target * input, or with `logInput: false` input - target * log(input + eps). `full`
 * adds Stirling's approximation of log(target!).
 */
export const poissonNllLoss = defineFunction(
  'poissonNllLoss',
  ['input', 'target', 'logInput', 'full', '*', 'eps', 'reduction'],
  (
    input: Tensor,
    target: Tensor,
    logInput = true,
    full = false,
    eps = 1e-8,
    reduction: Reduction = 'mean'
  ) => runPoissonNll(input, target, logInput, full, eps, reductionCode(reduction))
)

const onesLike = operator('ones_like')
const clamp_ = operator('clamp_')

/** Variances that broadcast to `input`: one each, one for the last dimension, or one along one. */
function variances(input: Tensor, given: Tensor | number): Tensor {
  if (typeof given === 'number') {
    if (given < 0) throw rangeError('var', 'no negative entries', given)
    return onesLike(input).mul(given)
  }
  const sizes = input.shape
  const own = tensorArgument('var', given).shape
  if (given.lt(0).any().item<boolean>()) throw rangeError('var', 'no negative entries', given)
  if (String(own) === String(sizes)) return given
  if (String(own) === String(sizes.slice(0, -1))) return given.unsqueeze(-1)
  const others = own.filter((size, d) => size !== sizes[d])
  if (own.length !== sizes.length || others.length !== 1 || others[0] !== 1) {
    throw rangeError('var', `a shape like the input's [${sizes.join(', ')}]`, own)
  }
  return given
}

/**
 * (log(v) + (input - target)^2 / v) / 2 with v = max(variance, eps), which is taken as a constant
 * there; `full` adds log(2 pi) / 2.
 * @throws RangeError for negative variances, or ones of another shape
 */
export const gaussianNllLoss = defineFunction(
  'gaussianNllLoss',
  ['input', 'target', 'var', 'full', 'eps', 'reduction'],
  (
    input: Tensor,
    target: Tensor,
    variance: Tensor | number,
    full = false,
    eps = 1e-6,
    reduction: Reduction = 'mean'
  ) => {
    reductionCode(reduction)
    const clamped = variances(input, variance).clone()
    noGrad(() => clamp_(clamped, eps))
    const squares = input.sub(tensorArgument('target', target)).pow(2)
    const losses = clamped.log().add(squares.div(clamped)).mul(0.5)
    return reduce(full ? losses.add(0.5 * Math.log(2 * Math.PI)) : losses, reduction)
  }
)
