/**
 * Activations that let positive numbers pass. Any shape, and the result has the same one. `inplace`
 * (default false) changes and returns the input itself.
 */
import { finite, integer, options as checkOptions } from '../../../check'
import { full } from '../../../creation'
import type { Tensor } from '../../../tensor'
import * as F from '../../functional'
import { Module } from '../../module'
import { Parameter } from '../../parameter'
import {
  choice,
  defineLayer,
  defineNativeLayer,
  hiddenInplace,
  inplace,
  onceWholeReal,
  real
} from '../define_layer'
import type { FactoryOptions } from '../factory'

/**
 * max(x, 0)
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 */
export class ReLU extends defineNativeLayer('ReLU', { inplace }, (inplace = false) => [inplace]) {}

/**
 * min(max(x, 0), 6)
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html
 */
export class ReLU6 extends defineLayer(
  { inplace },
  (inplace = false) => [inplace],
  (input, layer) => F.relu6(input, layer.inplace)
) {}

/**
 * x where x > 0, else negativeSlope * x; default 0.01
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 */
export class LeakyReLU extends defineNativeLayer(
  'LeakyReLU',
  { negativeSlope: real, inplace },
  (negativeSlope = 0.01, inplace = false) => [negativeSlope, inplace]
) {}

export interface PReLUOptions extends FactoryOptions {
  /** The first value of all of `weight`. Default 0.25. */
  init?: number
}

/**
 * x where x > 0, else weight * x, where `weight` `[numParameters]` is learnt: one number (default),
 * or one for each channel of an input `[N, C, ...]`.
 * @throws RangeError for a numParameters that is negative or not whole
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PReLU.html
 */
export class PReLU extends Module {
  weight: Tensor
  readonly numParameters: number

  constructor(numParameters = 1, options?: PReLUOptions) {
    super()
    this.numParameters = integer('numParameters', numParameters)
    const {
      init = 0.25,
      device,
      dtype
    } = checkOptions<PReLUOptions>('PReLU', options, ['init', 'device', 'dtype'])
    this.weight = Parameter(full([numParameters], finite('init', init), { device, dtype }))
  }

  override forward(input: Tensor): Tensor {
    return F.prelu(input, this.weight)
  }

  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`
  }
}

/**
 * x where x > 0, else a * x. When training, a is drawn from U(lower, upper) for each element, else it
 * is their mean. Defaults 1/8 and 1/3.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.RReLU.html
 */
export class RReLU extends defineLayer(
  { lower: real, upper: real, inplace },
  (lower = 1 / 8, upper = 1 / 3, inplace = false) => [lower, upper, inplace],
  (input, layer) => F.rrelu(input, layer.lower, layer.upper, layer.training, layer.inplace)
) {}

/**
 * x where x > 0, else alpha * (exp(x) - 1); alpha default 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ELU.html
 */
export class ELU extends defineNativeLayer(
  'ELU',
  { alpha: real, inplace },
  (alpha = 1, inplace = false) => [alpha, inplace]
) {}

/**
 * max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)); alpha default 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CELU.html
 */
export class CELU extends defineLayer(
  { alpha: real, inplace },
  (alpha = 1, inplace = false) => [alpha, inplace],
  (input, layer) => F.celu(input, layer.alpha, layer.inplace)
) {}

/**
 * scale * elu(x, alpha), with the two numbers that keep mean 0 and variance 1 from layer to layer.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SELU.html
 */
export class SELU extends defineLayer(
  { inplace },
  (inplace = false) => [inplace],
  (input, layer) => F.selu(input, layer.inplace)
) {}

/**
 * x * P(N(0, 1) <= x); `approximate: 'tanh'` by a formula with tanh, default `'none'`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 */
export class GELU extends defineNativeLayer(
  'GELU',
  { approximate: choice('none', 'tanh') },
  (approximate: 'none' | 'tanh' = 'none') => [approximate]
) {}

/**
 * x * sigmoid(x), also known as swish.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html
 */
export class SiLU extends defineNativeLayer('SiLU', { inplace }, (inplace = false) => [inplace]) {}

/**
 * x * tanh(softplus(x))
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Mish.html
 */
export class Mish extends defineLayer(
  { inplace },
  (inplace = false) => [inplace],
  (input, layer) => F.mish(input, layer.inplace)
) {}

/**
 * x * min(max(x + 3, 0), 6) / 6
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
 */
export class Hardswish extends defineLayer(
  { inplace: hiddenInplace },
  (inplace = false) => [inplace],
  (input, layer) => F.hardswish(input, layer.inplace)
) {}

/**
 * log(1 + exp(beta * x)) / beta, or x itself where beta * x > threshold; defaults 1 and 20.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 */
export class Softplus extends defineLayer(
  { beta: onceWholeReal, threshold: onceWholeReal },
  (beta = 1, threshold = 20) => [beta, threshold],
  (input, layer) => F.softplus(input, layer.beta, layer.threshold)
) {}
