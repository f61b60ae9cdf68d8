/**
 * Activations that keep numbers within bounds. Any shape, and the result has the same one.
 */
import * as F from '../../functional'
import { rangeError } from '../../../check'
import { defineLayer, defineNativeLayer, hiddenInplace, inplace, real } from '../define_layer'

/**
 * tanh(x), from -1 to 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html
 */
export class Tanh extends defineNativeLayer('Tanh', {}, () => []) {}

/**
 * 1 / (1 + exp(-x)), from 0 to 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
 */
export class Sigmoid extends defineNativeLayer('Sigmoid', {}, () => []) {}

/**
 * log(1 / (1 + exp(-x)))
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
 */
export class LogSigmoid extends defineLayer(
  {},
  () => [],
  (input) => F.logsigmoid(input)
) {}

/**
 * min(max(x / 6 + 1/2, 0), 1); `inplace` changes and returns the input itself.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html
 */
export class Hardsigmoid extends defineLayer(
  { inplace: hiddenInplace },
  (inplace = false) => [inplace],
  (input, layer) => F.hardsigmoid(input, layer.inplace)
) {}

/** The two bounds in order. */
function ordered(minVal: number, maxVal: number): void {
  if (minVal >= maxVal) throw rangeError('minVal', `less than maxVal (${maxVal})`, minVal)
}

/**
 * min(max(x, minVal), maxVal), defaults -1 and 1; `inplace` changes and returns the input itself.
 * @throws RangeError for minVal >= maxVal
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
 */
export class Hardtanh extends defineLayer(
  { minVal: real, maxVal: real, inplace },
  (minVal = -1, maxVal = 1, inplace = false) => {
    ordered(minVal, maxVal)
    return [minVal, maxVal, inplace]
  },
  (input, layer) => F.hardtanh(input, layer.minVal, layer.maxVal, layer.inplace)
) {}

/**
 * x / (|x| + 1), from -1 to 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html
 */
export class Softsign extends defineLayer(
  {},
  () => [],
  (input) => F.softsign(input)
) {}
