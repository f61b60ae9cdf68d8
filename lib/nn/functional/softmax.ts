/**
 * Numbers along a dimension as probabilities. The result has the input's shape.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions
 */
import type { DType } from '../../dtype'
import type { Tensor } from '../../tensor'
import { defineFunction, operator } from '../define'

/** The dimension that Python takes where none is given; it calls that deprecated. */
function implicitDim(input: Tensor): number {
  return [0, 1, 3].includes(input.ndim) ? 0 : 1
}

/**
 * exp(x) / sum(exp(x)) along `dim`. `dtype` is that of the computation and of the result.
 */
export const softmax = defineFunction(
  'softmax',
  ['input', 'dim', '*', 'dtype'],
  (input: Tensor, dim: number | null = null, dtype?: DType) =>
    input.softmax(dim ?? implicitDim(input), { dtype })
)

/** softmax(-x) */
export const softmin = defineFunction(
  'softmin',
  ['input', 'dim', '*', 'dtype'],
  (input: Tensor, dim: number | null = null, dtype?: DType) =>
    input.neg().softmax(dim ?? implicitDim(input), { dtype })
)

/** log(softmax(x)) */
export const logSoftmax = defineFunction(
  'logSoftmax',
  ['input', 'dim', '*', 'dtype'],
  (input: Tensor, dim: number | null = null, dtype?: DType) =>
    input.logSoftmax(dim ?? implicitDim(input), { dtype })
)

const emptyLike = operator('empty_like')
const zerosLike = operator('zeros_like')
const exponential_ = operator('exponential_')
const scatter_ = operator('scatter_')
/**
 * Draws of a category for each vector of log-probabilities along `dim`: softmax((logits + noise) /
 * tau). `hard` gives one-hot vectors, with the gradient of the soft ones.
 */
export const gumbelSoftmax = defineFunction(
  'gumbelSoftmax',
  ['logits', 'tau', 'hard', 'eps', 'dim'],
  (logits: Tensor, tau = 1, hard = false, _eps = 1e-10, dim = -1) => {
    // Draws fill memory in its order: the noise lies as Python's does, whatever the logits' strides.
    const plain = logits.contiguous()
    const noise = exponential_(emptyLike(plain)).log().neg()
    const soft = logits.add(noise).div(tau).softmax(dim)
    if (!hard) return soft
    const [, index] = soft.max(dim, true)
    return scatter_(zerosLike(plain), dim, index, 1).sub(soft.detach()).add(soft)
  }
)
