/**
 * Losses of what should be near to, above or far from something else. `reduction` makes one loss of
 * those of the samples: 'mean' (default), 'sum', or 'none' for no reduction. What Python has after
 * its deprecated `size_average` is given by keyword here.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#loss-functions
 */
import { callable, rangeError } from '../../check'
import { type Tensor, tensorArgument } from '../../tensor'
import type { Reduction } from '../../values'
import { defineFunction, operator } from '../define'
import { pairwiseDistance } from './distance'
import { reduce, reductionCode } from './reduction'
import { isBefore } from '../version'

const runMarginRanking = operator('margin_ranking_loss')
/**
 * max(0, -target * (input1 - input2) + margin): a target of 1 wants input1 above input2, -1 below.
 * @throws RangeError for numbers of dimensions that differ
 */
export const marginRankingLoss = defineFunction(
  'marginRankingLoss',
  ['input1', 'input2', 'target', 'margin', '*', 'reduction'],
  (input1: Tensor, input2: Tensor, target: Tensor, margin = 0, reduction: Reduction = 'mean') => {
    sameDims({ input1, input2, target })
    return runMarginRanking(input1, input2, target, margin, reductionCode(reduction))
  }
)

/** As many dimensions as the first has. */
function sameDims(tensors: Record<string, Tensor>): void {
  const [[first, { ndim }], ...others] = Object.entries(tensors) as [[string, Tensor]]
  for (const [name, tensor] of others as [string, Tensor][]) {
    const own = tensorArgument(name, tensor).ndim
    if (own !== ndim) throw rangeError(name, `${ndim} dimensions, as ${first} has`, own)
  }
}

const runHingeEmbedding = operator('hinge_embedding_loss')
/** input where the target is 1, max(0, margin - input) where it is -1. */
export const hingeEmbeddingLoss = defineFunction(
  'hingeEmbeddingLoss',
  ['input', 'target', 'margin', '*', 'reduction'],
  (input: Tensor, target: Tensor, margin = 1, reduction: Reduction = 'mean') =>
    runHingeEmbedding(input, target, margin, reductionCode(reduction))
)

const runCosineEmbedding = operator('cosine_embedding_loss')
/** 1 - cos(input1, input2) where the target is 1, max(0, cos - margin) where it is -1. */
export const cosineEmbeddingLoss = defineFunction(
  'cosineEmbeddingLoss',
  ['input1', 'input2', 'target', 'margin', '*', 'reduction'],
  (input1: Tensor, input2: Tensor, target: Tensor, margin = 0, reduction: Reduction = 'mean') =>
    runCosineEmbedding(input1, input2, target, margin, reductionCode(reduction))
)

const runTripletMargin = operator('triplet_margin_loss')
/**
 * max(0, |anchor - positive|_p - |anchor - negative|_p + margin): `[N, d]` each. `swap` takes the
 * negative's distance to the positive where that is less.
 */
export const tripletMarginLoss = defineFunction(
  'tripletMarginLoss',
  ['anchor', 'positive', 'negative', 'margin', 'p', 'eps', 'swap', '*', 'reduction'],
  (
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin = 1,
    p = 2,
    eps = 1e-6,
    swap = false,
    reduction: Reduction = 'mean'
  ) => runTripletMargin(anchor, positive, negative, margin, p, eps, swap, reductionCode(reduction))
)

const minimum = operator('minimum')
const clampMin = operator('clamp_min')
// The same formula, but added in another order: another last bit.
const addsMarginLast = isBefore(2, 0)

/** tripletMarginLoss by a distance of one's own, default pairwiseDistance. */
export const tripletMarginWithDistanceLoss = defineFunction(
  'tripletMarginWithDistanceLoss',
  ['anchor', 'positive', 'negative', '*', 'distanceFunction', 'margin', 'swap', 'reduction'],
  (
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distanceFunction: ((a: Tensor, b: Tensor) => Tensor) | null = null,
    margin = 1,
    swap = false,
    reduction: Reduction = 'mean'
  ) => {
    reductionCode(reduction)
    sameDims({ anchor, positive, negative })
    const distance = callable('distanceFunction', distanceFunction ?? pairwiseDistance)
    const near = distance(anchor, positive)
    const direct = distance(anchor, negative)
    const far = swap ? minimum(direct, distance(positive, negative)) : direct
    const losses = addsMarginLast ? near.sub(far).add(margin) : near.add(margin).sub(far)
    return reduce(clampMin(losses, 0), reduction)
  }
)
