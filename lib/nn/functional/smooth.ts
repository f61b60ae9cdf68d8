/**
 * Activations without an in-place form, and the softmax family.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions
 */
import { rangeError } from '../../check'
import type { DType } from '../../dtype'
import type { Tensor } from '../../tensor'
import { defineFunction, operator } from '../define'

/** tanh(x) */
export const tanh = defineFunction('tanh', ['input'], (input: Tensor) => input.tanh())

/** 1 / (1 + exp(-x)) */
export const sigmoid = defineFunction('sigmoid', ['input'], (input: Tensor) => input.sigmoid())

/** log(1 / (1 + exp(-x))) */
export const logsigmoid = defineFunction(
  'logsigmoid',
  ['input'],
  operator<(input: Tensor) => Tensor>('log_sigmoid')
)

/** x - tanh(x) */
export const tanhshrink = defineFunction('tanhshrink', ['input'], (input: Tensor) =>
  input.sub(input.tanh())
)

/** x / (|x| + 1) */
export const softsign = defineFunction('softsign', ['input'], (input: Tensor) =>
  input.div(input.abs().add(1))
)

/** log(1 + exp(beta * x)) / beta; x itself where beta * x > threshold */
export const softplus = defineFunction(
  'softplus',
  ['input', 'beta', 'threshold'],
  operator<(input: Tensor, beta?: number, threshold?: number) => Tensor>('softplus')
)

/** x where |x| > lambd, else 0; `lambd` default 0.5 */
export const hardshrink = defineFunction(
  'hardshrink',
  ['input', 'lambd'],
  operator<(input: Tensor, lambd?: number) => Tensor>('hardshrink')
)

/** x brought nearer to 0 by `lambd`, default 0.5; 0 where it would pass it */
export const softshrink = defineFunction(
  'softshrink',
  ['input', 'lambd'],
  operator<(input: Tensor, lambd?: number) => Tensor>('softshrink')
)

const runGelu = operator('gelu')
/** x * P(N(0, 1) <= x); `approximate: 'tanh'` by a formula with tanh */
export const gelu = defineFunction(
  'gelu',
  ['input', '*', 'approximate'],
  (input: Tensor, approximate: 'none' | 'tanh' = 'none') => runGelu(input, { approximate })
)

const runGlu = operator('glu')
/**
 * a * sigmoid(b), where a and b are the halves of dimension `dim` (default -1), which is halved.
 * @throws RangeError for a scalar
 */
export const glu = defineFunction('glu', ['input', 'dim'], (input: Tensor, dim = -1) => {
  if (input.ndim === 0) throw rangeError('glu', 'at least one dimension', 0)
  return runGlu(input, dim)
})

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
