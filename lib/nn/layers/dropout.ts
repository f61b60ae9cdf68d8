/**
 * Zeroing by chance while training; in evaluation mode inputs pass unchanged. `p` (default 0.5) is the
 * probability of zero, and what stays is divided by 1 - p. `inplace` (default false) changes and returns
 * the input itself. The result has the input's shape.
 * @throws RangeError for a p outside 0 to 1
 */
import * as F from '../functional'
import { defineLayer, defineNativeLayer, flag, probability } from './define_layer'

const kinds = { p: probability, inplace: flag }
const defaults = (p = 0.5, inplace = false) => [p, inplace]

/**
 * Zeroes elements, each on its own.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 */
export class Dropout extends defineNativeLayer('Dropout', kinds, defaults) {}

/**
 * Zeroes whole channels of `[N, C, L]` or `[C, L]`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html
 */
export class Dropout1d extends defineLayer(kinds, defaults, (input, { p, training, inplace }) =>
  F.dropout1d(input, p, training, inplace)
) {}

/**
 * Zeroes whole channels of `[N, C, H, W]`; of `[N, C, L]` too, as PyTorch still has it.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html
 */
export class Dropout2d extends defineLayer(kinds, defaults, (input, { p, training, inplace }) =>
  F.dropout2d(input, p, training, inplace)
) {}

/**
 * Zeroes whole channels of `[N, C, D, H, W]` or `[C, D, H, W]`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html
 */
export class Dropout3d extends defineLayer(kinds, defaults, (input, { p, training, inplace }) =>
  F.dropout3d(input, p, training, inplace)
) {}

/**
 * Dropout that keeps mean 0 and variance 1, for SELU. `inplace` is taken and has no effect, as in Python.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html
 */
export class AlphaDropout extends defineLayer(kinds, defaults, (input, { p, training }) =>
  F.alphaDropout(input, p, training)
) {}

/**
 * AlphaDropout of whole channels of `[N, C, ...]`. `inplace` is taken and has no effect, as in Python.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.FeatureAlphaDropout.html
 */
export class FeatureAlphaDropout extends defineLayer(kinds, defaults, (input, { p, training }) =>
  F.featureAlphaDropout(input, p, training)
) {}
