/**
 * Numbers along a dimension as probabilities, and gates. Without `dim` softmax is taken along dimension
 * 0 of inputs of 0, 1 or 3 dimensions, else along 1, as Python still does with a warning.
 */
import { isTensor } from '../../../tensor'
import * as F from '../../functional'
import { rangeError } from '../../../check'
import { defineLayer, defineNativeLayer, dimension, optionalDimension } from '../define_layer'

/**
 * exp(x) / sum(exp(x)) along `dim`. The result has the input's shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 */
export class Softmax extends defineNativeLayer(
  'Softmax',
  { dim: optionalDimension },
  (dim: number | null = null) => [dim]
) {}

/**
 * log(softmax(x)) along `dim`. The result has the input's shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 */
export class LogSoftmax extends defineNativeLayer(
  'LogSoftmax',
  { dim: optionalDimension },
  (dim: number | null = null) => [dim]
) {}

/**
 * softmax(-x) along `dim`. The result has the input's shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softmin.html
 */
export class Softmin extends defineLayer(
  { dim: optionalDimension },
  (dim: number | null = null) => [dim],
  (input, layer) => F.softmin(input, layer.dim)
) {}

/**
 * softmax along the channels of `[N, C, H, W]` or `[C, H, W]`, at each place.
 * @throws RangeError for another number of dimensions
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softmax2d.html
 */
export class Softmax2d extends defineLayer(
  {},
  () => [],
  (input) => {
    if (isTensor(input) && input.ndim !== 3 && input.ndim !== 4) {
      throw rangeError('Softmax2d', 'an input of 3 or 4 dimensions', input.ndim)
    }
    return F.softmax(input, -3)
  }
) {}

/**
 * a * sigmoid(b), where a and b are the halves of dimension `dim` (default -1), which is halved.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GLU.html
 */
export class GLU extends defineLayer(
  { dim: dimension },
  (dim = -1) => [dim],
  (input, layer) => F.glu(input, layer.dim)
) {}
