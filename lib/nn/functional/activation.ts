/**
 * Activations: functions of every element. Any shape, and the result has the same one unless said
 * otherwise. `inplace` changes and returns the input itself, as the functions that end in `_` do.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions
 */
import { rangeError } from '../../check'
import type { Tensor } from '../../tensor'
import { defineFunction, inplaceOperator, operator } from '../define'

const runThreshold = inplaceOperator('threshold')
/** x where x > threshold, else `value`. */
export const threshold = defineFunction(
  'threshold',
  ['input', 'threshold', 'value', 'inplace'],
  (input: Tensor, threshold: number, value: number, inplace = false) =>
    runThreshold(inplace, input, threshold, value)
)
/** `threshold` in place. */
export const threshold_ = defineFunction(
  'threshold_',
  ['input', 'threshold', 'value'],
  (input: Tensor, threshold: number, value: number) => runThreshold(true, input, threshold, value)
)

const runRelu = inplaceOperator('relu')
/** max(x, 0) */
export const relu = defineFunction('relu', ['input', 'inplace'], (input: Tensor, inplace = false) =>
  runRelu(inplace, input)
)
/** `relu` in place. */
export const relu_ = defineFunction('relu_', ['input'], (input: Tensor) => runRelu(true, input))

const runRelu6 = inplaceOperator('relu6')
/** min(max(x, 0), 6) */
export const relu6 = defineFunction(
  'relu6',
  ['input', 'inplace'],
  (input: Tensor, inplace = false) => runRelu6(inplace, input)
)

const runHardtanh = inplaceOperator('hardtanh')
function checkedHardtanh(inplace: boolean, input: Tensor, minVal: number, maxVal: number): Tensor {
  if (minVal > maxVal) throw rangeError('minVal', `at most maxVal (${maxVal})`, minVal)
  return runHardtanh(inplace, input, minVal, maxVal)
}
/**
 * min(max(x, minVal), maxVal)
 * @throws RangeError for minVal > maxVal
 */
export const hardtanh = defineFunction(
  'hardtanh',
  ['input', 'minVal', 'maxVal', 'inplace'],
  (input: Tensor, minVal = -1, maxVal = 1, inplace = false) =>
    checkedHardtanh(inplace, input, minVal, maxVal)
)
/** `hardtanh` in place. */
export const hardtanh_ = defineFunction(
  'hardtanh_',
  ['input', 'minVal', 'maxVal'],
  (input: Tensor, minVal = -1, maxVal = 1) => checkedHardtanh(true, input, minVal, maxVal)
)

const runElu = inplaceOperator('elu')
/** x where x > 0, else alpha * (exp(x) - 1) */
export const elu = defineFunction(
  'elu',
  ['input', 'alpha', 'inplace'],
  (input: Tensor, alpha = 1, inplace = false) => runElu(inplace, input, alpha)
)
/** `elu` in place. */
export const elu_ = defineFunction('elu_', ['input', 'alpha'], (input: Tensor, alpha = 1) =>
  runElu(true, input, alpha)
)

const runSelu = inplaceOperator('selu')
/** scale * elu(x, alpha), with the two numbers that keep mean 0 and variance 1 from layer to layer */
export const selu = defineFunction('selu', ['input', 'inplace'], (input: Tensor, inplace = false) =>
  runSelu(inplace, input)
)
/** `selu` in place. */
export const selu_ = defineFunction('selu_', ['input'], (input: Tensor) => runSelu(true, input))

const runCelu = inplaceOperator('celu')
/** max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)) */
export const celu = defineFunction(
  'celu',
  ['input', 'alpha', 'inplace'],
  (input: Tensor, alpha = 1, inplace = false) => runCelu(inplace, input, alpha)
)
/** `celu` in place. */
export const celu_ = defineFunction('celu_', ['input', 'alpha'], (input: Tensor, alpha = 1) =>
  runCelu(true, input, alpha)
)

const runLeakyRelu = inplaceOperator('leaky_relu')
/** x where x > 0, else negativeSlope * x */
export const leakyRelu = defineFunction(
  'leakyRelu',
  ['input', 'negativeSlope', 'inplace'],
  (input: Tensor, negativeSlope = 0.01, inplace = false) =>
    runLeakyRelu(inplace, input, negativeSlope)
)
/** `leakyRelu` in place. */
export const leakyRelu_ = defineFunction(
  'leakyRelu_',
  ['input', 'negativeSlope'],
  (input: Tensor, negativeSlope = 0.01) => runLeakyRelu(true, input, negativeSlope)
)

/** x where x > 0, else weight * x; `weight` has one element, or one for each of dimension 1. */
export const prelu = defineFunction(
  'prelu',
  ['input', 'weight'],
  operator<(input: Tensor, weight: Tensor) => Tensor>('prelu')
)

const runRrelu = inplaceOperator('rrelu')
/**
 * x where x > 0, else a * x. When training, a is drawn from U(lower, upper) for each element, else
 * it is their mean. Defaults 1/8 and 1/3.
 */
export const rrelu = defineFunction(
  'rrelu',
  ['input', 'lower', 'upper', 'training', 'inplace'],
  (input: Tensor, lower = 1 / 8, upper = 1 / 3, training = false, inplace = false) =>
    runRrelu(inplace, input, lower, upper, training)
)
/** `rrelu` in place. */
export const rrelu_ = defineFunction(
  'rrelu_',
  ['input', 'lower', 'upper', 'training'],
  (input: Tensor, lower = 1 / 8, upper = 1 / 3, training = false) =>
    runRrelu(true, input, lower, upper, training)
)

const runHardsigmoid = inplaceOperator('hardsigmoid')
/** min(max(x / 6 + 1/2, 0), 1) */
export const hardsigmoid = defineFunction(
  'hardsigmoid',
  ['input', 'inplace'],
  (input: Tensor, inplace = false) => runHardsigmoid(inplace, input)
)

const runSilu = inplaceOperator('silu')
/** x * sigmoid(x) */
export const silu = defineFunction('silu', ['input', 'inplace'], (input: Tensor, inplace = false) =>
  runSilu(inplace, input)
)

const runMish = inplaceOperator('mish')
/** x * tanh(softplus(x)) */
export const mish = defineFunction('mish', ['input', 'inplace'], (input: Tensor, inplace = false) =>
  runMish(inplace, input)
)

const runHardswish = inplaceOperator('hardswish')
/** x * min(max(x + 3, 0), 6) / 6 */
export const hardswish = defineFunction(
  'hardswish',
  ['input', 'inplace'],
  (input: Tensor, inplace = false) => runHardswish(inplace, input)
)
