/**
 * Activations without an in-place form. Any shape, and the result has the same one unless said
 * otherwise.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions
 */
import { rangeError } from '../../check'
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
