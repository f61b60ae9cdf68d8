/**
 * Activations that bring small numbers to 0. Any shape, and the result has the same one.
 */
import * as F from '../../functional'
import { bareReal, defineLayer, inplace, real } from '../define_layer'

/**
 * x where |x| > lambd, else 0; `lambd` default 0.5
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html
 */
export class Hardshrink extends defineLayer(
  { lambd: bareReal },
  (lambd = 0.5) => [lambd],
  (input, layer) => F.hardshrink(input, layer.lambd)
) {}

/**
 * x brought nearer to 0 by `lambd`, default 0.5; 0 where it would pass it.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softshrink.html
 */
export class Softshrink extends defineLayer(
  { lambd: bareReal },
  (lambd = 0.5) => [lambd],
  (input, layer) => F.softshrink(input, layer.lambd)
) {}

/**
 * x - tanh(x)
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html
 */
export class Tanhshrink extends defineLayer(
  {},
  () => [],
  (input) => F.tanhshrink(input)
) {}

/**
 * x where x > threshold, else `value`; `inplace` changes and returns the input itself.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Threshold.html
 */
export class Threshold extends defineLayer(
  { threshold: real, value: real, inplace },
  (threshold: number, value: number, inplace = false) => [threshold, value, inplace],
  (input, layer) => F.threshold(input, layer.threshold, layer.value, layer.inplace)
) {}
