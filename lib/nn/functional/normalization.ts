/**
 * Bringing activations to mean 0 and variance 1, or vectors to length 1.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#normalization-functions
 */
import { rangeError } from '../../check'
import type { Tensor } from '../../tensor'
import { defineFunction, operator } from '../define'
import { avgPool2d, avgPool3d } from './pooling'
import { pad } from './vision'

/** What torch.backends.cudnn.enabled is unless a user changes it. */
const cudnn = true

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1)
}

/** A variance of one value is nothing to divide by. */
function severalValues(name: string, count: number, per: string): void {
  if (count === 1) throw rangeError(name, `more than 1 value per ${per}`, count)
}

const runBatchNorm = operator('batch_norm')
/**
 * (x - mean) / sqrt(var + eps) * weight + bias for each channel of `[N, C, ...]`. When training, mean
 * and variance are those of the batch, and the running ones move towards them by `momentum`.
 * @throws RangeError for one value per channel when training
 */
export const batchNorm = defineFunction(
  'batchNorm',
  ['input', 'runningMean', 'runningVar', 'weight', 'bias', 'training', 'momentum', 'eps'],
  (
    input: Tensor,
    runningMean: Tensor | null,
    runningVar: Tensor | null,
    weight: Tensor | null = null,
    bias: Tensor | null = null,
    training = false,
    momentum = 0.1,
    eps = 1e-5
  ) => {
    const { shape } = input
    if (training) severalValues('batchNorm', shape[0]! * product(shape.slice(2)), 'channel')
    const statistics = [runningMean ?? null, runningVar ?? null]
    return runBatchNorm(input, weight, bias, ...statistics, training, momentum, eps, cudnn)
  }
)

const runInstanceNorm = operator('instance_norm')
/**
 * As batchNorm, for each channel of each sample. Without `useInputStats` the running statistics are
 * taken.
 * @throws RangeError for one value per channel
 */
export const instanceNorm = defineFunction(
  'instanceNorm',
  ['input', 'runningMean', 'runningVar', 'weight', 'bias', 'useInputStats', 'momentum', 'eps'],
  (
    input: Tensor,
    runningMean: Tensor | null = null,
    runningVar: Tensor | null = null,
    weight: Tensor | null = null,
    bias: Tensor | null = null,
    useInputStats = true,
    momentum = 0.1,
    eps = 1e-5
  ) => {
    if (useInputStats) {
      severalValues('instanceNorm', product(input.shape.slice(2)), 'channel and sample')
    }
    const statistics = [runningMean, runningVar]
    return runInstanceNorm(input, weight, bias, ...statistics, useInputStats, momentum, eps, cudnn)
  }
)

/** (x - mean) / sqrt(var + eps) * weight + bias over the last dimensions, of `normalizedShape`. */
export const layerNorm = defineFunction(
  'layerNorm',
  ['input', 'normalizedShape', 'weight', 'bias', 'eps'],
  operator<
    (
      input: Tensor,
      normalizedShape: readonly number[],
      weight?: Tensor | null,
      bias?: Tensor | null,
      eps?: number
    ) => Tensor
  >('layer_norm')
)

/** x / sqrt(mean(x^2) + eps) * weight over the last dimensions, of `normalizedShape`. libtorch 2.4 on. */
export const rmsNorm = defineFunction(
  'rmsNorm',
  ['input', 'normalizedShape', 'weight', 'eps'],
  operator<
    (
      input: Tensor,
      normalizedShape: readonly number[],
      weight?: Tensor | null,
      eps?: number | null
    ) => Tensor
  >('rms_norm', '2.4 or newer')
)

const runGroupNorm = operator('group_norm')
/**
 * As layerNorm, over each of `numGroups` groups of channels of `[N, C, ...]`; `weight` and `bias`
 * are `[C]`.
 * @throws RangeError for fewer than two dimensions, or one value per group
 */
export const groupNorm = defineFunction(
  'groupNorm',
  ['input', 'numGroups', 'weight', 'bias', 'eps'],
  (
    input: Tensor,
    numGroups: number,
    weight: Tensor | null = null,
    bias: Tensor | null = null,
    eps = 1e-5
  ) => {
    const { shape } = input
    if (shape.length < 2) throw rangeError('groupNorm', 'at least 2 dimensions', shape.length)
    const perGroup = Math.floor((shape[0]! * shape[1]!) / numGroups)
    severalValues('groupNorm', perGroup * product(shape.slice(2)), 'group')
    return runGroupNorm(input, numGroups, weight, bias, eps, cudnn)
  }
)

/**
 * x / (k + alpha * mean(x^2 of `size` channels around))^beta, for `[N, C, ...]`.
 * @throws RangeError for fewer than three dimensions
 */
export const localResponseNorm = defineFunction(
  'localResponseNorm',
  ['input', 'size', 'alpha', 'beta', 'k'],
  (input: Tensor, size: number, alpha = 1e-4, beta = 0.75, k = 1) => {
    const { shape, ndim } = input
    if (ndim < 3) throw rangeError('localResponseNorm', 'at least 3 dimensions', ndim)
    if (input.numel() === 0) return input
    const around = [Math.floor(size / 2), Math.floor((size - 1) / 2)]
    const squares = input.mul(input)
    const means =
      ndim === 3
        ? avgPool2d(pad(squares.unsqueeze(1), [0, 0, ...around]), [size, 1], 1).squeeze(1)
        : avgPool3d(
            pad(squares.view(shape[0]!, 1, shape[1]!, shape[2]!, -1), [0, 0, 0, 0, ...around]),
            [size, 1, 1],
            1
          )
            .squeeze(1)
            .view(shape)
    return input.div(means.mul(alpha).add(k).pow(beta))
  }
)

const vectorNorm = operator('linalg_vector_norm')
const clampMin = operator('clamp_min')
const divide = operator('div')
/** x / max(|x|_p, eps) along `dim`; `out` is a tensor to write to. */
export const normalize = defineFunction(
  'normalize',
  ['input', 'p', 'dim', 'eps', 'out'],
  (
    input: Tensor,
    p = 2,
    dim: number | readonly number[] = 1,
    eps = 1e-12,
    out: Tensor | null = null
  ) => {
    const norms = vectorNorm(input, p, typeof dim === 'number' ? [dim] : dim, true)
    const divisor = clampMin(norms, eps).expand(input.shape)
    return out ? divide(input, divisor, { out }) : input.div(divisor)
  }
)
