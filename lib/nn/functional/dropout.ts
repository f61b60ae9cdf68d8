/**
 * Zeroing by chance. Every function throws a RangeError for a probability `p` outside 0 to 1.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#dropout-functions
 */
import { probability, rangeError } from '../../check'
import type { Tensor } from '../../tensor'
import { defineFunction, inplaceOperator } from '../define'

const parameters = ['input', 'p', 'training', 'inplace'] as const

const runDropout = inplaceOperator('dropout')
/** Each element is 0 with probability p, else divided by 1 - p. Itself unless training. */
export const dropout = defineFunction(
  'dropout',
  parameters,
  (input: Tensor, p = 0.5, training = true, inplace = false) =>
    runDropout(inplace, input, probability('p', p), training)
)

const runAlphaDropout = inplaceOperator('alpha_dropout')
/** Dropout that keeps mean 0 and variance 1, for selu. `training` is false unless said. */
export const alphaDropout = defineFunction(
  'alphaDropout',
  parameters,
  (input: Tensor, p = 0.5, training = false, inplace = false) =>
    runAlphaDropout(inplace, input, probability('p', p), training)
)

const runFeatureAlphaDropout = inplaceOperator('feature_alpha_dropout')
/** alphaDropout of whole channels of `[N, C, ...]`. */
export const featureAlphaDropout = defineFunction(
  'featureAlphaDropout',
  parameters,
  (input: Tensor, p = 0.5, training = false, inplace = false) =>
    runFeatureAlphaDropout(inplace, input, probability('p', p), training)
)

const runFeatureDropout = inplaceOperator('feature_dropout')

/** Dropout of whole channels, of an input that has a batch dimension only where `batched` says so. */
function channels(
  batched: boolean,
  input: Tensor,
  p: number,
  training: boolean,
  inplace: boolean
): Tensor {
  probability('p', p)
  if (batched) return runFeatureDropout(inplace, input, p, training)
  const dropped = runFeatureDropout(inplace, input.unsqueeze(0), p, training)
  return inplace ? input : dropped.squeeze(0)
}

/**
 * Dropout of whole channels of `[N, C, L]` or `[C, L]`.
 * @throws RangeError for another number of dimensions
 */
export const dropout1d = defineFunction(
  'dropout1d',
  parameters,
  (input: Tensor, p = 0.5, training = true, inplace = false) => {
    const { ndim } = input
    if (ndim !== 2 && ndim !== 3)
      throw rangeError('dropout1d', 'an input of 2 or 3 dimensions', ndim)
    return channels(ndim === 3, input, p, training, inplace)
  }
)
/** Dropout of whole channels of `[N, C, H, W]`; `[N, C, L]` too, as PyTorch still has it. */
export const dropout2d = defineFunction(
  'dropout2d',
  parameters,
  (input: Tensor, p = 0.5, training = true, inplace = false) =>
    channels(true, input, p, training, inplace)
)
/** Dropout of whole channels of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export const dropout3d = defineFunction(
  'dropout3d',
  parameters,
  (input: Tensor, p = 0.5, training = true, inplace = false) =>
    channels(input.ndim === 5, input, p, training, inplace)
)
