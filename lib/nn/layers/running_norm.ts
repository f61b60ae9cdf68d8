/**
 * What batch and instance normalisation share: learnt scales and running statistics.
 */
import { boolean, finite, options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import { isBefore } from '../version'
import type { FactoryOptions } from './factory'
import { orNone, python, pythonFloat } from '../../python_text'

export interface RunningNormOptions extends FactoryOptions {
  /** Added to the variance, so that nothing is divided by 0. Default 1e-5. */
  eps?: number
  /**
   * How far the running statistics move towards those of a batch, default 0.1; null for the average
   * of all batches.
   */
  momentum?: number | null
  /** Whether `weight` and `bias` are learnt. Default true, for instance normalisation false. */
  affine?: boolean
  /** Whether running statistics are kept. Default true, for instance normalisation false. */
  trackRunningStats?: boolean
  /** Whether there is a `bias` beside `weight`. Default true. */
  bias?: boolean
}

/** The buffers, in Python's order. */
export const runningBuffers = ['running_mean', 'running_var', 'num_batches_tracked'] as const

/** Checks of what may be changed later. */
export const runningChecks = {
  eps: { check: (name: string, value: unknown) => finite(name, value) },
  momentum: {
    check: (name: string, value: unknown) => (value === null ? null : finite(name, value))
  }
}

/** The options, checked; `byDefault` is the default of affine and of trackRunningStats. */
export function runningNormOptions(
  name: string,
  given: RunningNormOptions | undefined,
  byDefault: boolean
) {
  const {
    eps = 1e-5,
    momentum = 0.1,
    affine = byDefault,
    trackRunningStats = byDefault,
    bias = true,
    device,
    dtype
  } = checkOptions<RunningNormOptions>(name, given, [
    'eps',
    'momentum',
    'affine',
    'trackRunningStats',
    'bias',
    'device',
    'dtype'
  ])
  return {
    eps: runningChecks.eps.check('eps', eps),
    momentum: runningChecks.momentum.check('momentum', momentum),
    affine: boolean('affine', affine),
    trackRunningStats: boolean('trackRunningStats', trackRunningStats),
    bias: boolean('bias', bias),
    device,
    dtype
  }
}

/** `, bias=True`, which PyTorch prints from 2.12 on. */
export function biasRepr(bias: Tensor | null): string {
  return isBefore(2, 12) ? '' : `, bias=${python(bias !== null)}`
}

/** What Python prints of such a layer. */
export function runningNormRepr(layer: {
  numFeatures: number
  eps: number
  momentum: number | null
  affine: boolean
  trackRunningStats: boolean
  bias: Tensor | null
}): string {
  const { numFeatures, eps, momentum, affine, trackRunningStats, bias } = layer
  return (
    `${numFeatures}, eps=${pythonFloat(eps)}, momentum=${orNone(momentum, pythonFloat)}, ` +
    `affine=${python(affine)}${biasRepr(bias)}, ` +
    `track_running_stats=${python(trackRunningStats)}`
  )
}
