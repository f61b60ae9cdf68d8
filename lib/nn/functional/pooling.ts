/**
 * Means, p-norms and maxima of windows. Inputs are `[N, C, ...]` or `[C, ...]`; `stride` defaults to
 * `kernelSize`.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#pooling-functions
 */
import { rangeError } from '../../check'
import type { Tensor } from '../../tensor'
import { defineFunction, operator, type Size } from '../define'
import { maxPool1d, maxPool2d, maxPool3d } from './max_pooling'

const runAvgPool1d = operator('avg_pool1d')
/** The mean of each window: `[N, C, W]`. With `countIncludePad` (default) padding counts as zeros. */
export const avgPool1d = defineFunction(
  'avgPool1d',
  ['input', 'kernelSize', 'stride', 'padding', 'ceilMode', 'countIncludePad'],
  (
    input: Tensor,
    kernelSize: Size,
    stride: Size | null = null,
    padding: Size = 0,
    ceilMode = false,
    countIncludePad = true
  ) => runAvgPool1d(input, kernelSize, stride ?? [], padding, ceilMode, countIncludePad)
)

type Average = (
  input: Tensor,
  kernelSize: Size,
  stride?: Size | null,
  padding?: Size,
  ceilMode?: boolean,
  countIncludePad?: boolean,
  divisorOverride?: number | null
) => Tensor

function average(name: string): Average {
  const run = operator(name)
  return (input, kernelSize, stride, ...rest) => run(input, kernelSize, stride ?? [], ...rest)
}

const averageParameters = [
  'input',
  'kernelSize',
  'stride',
  'padding',
  'ceilMode',
  'countIncludePad',
  'divisorOverride'
] as const
/** `[N, C, H, W]`; `divisorOverride` divides in place of the window's size. */
export const avgPool2d = defineFunction('avgPool2d', averageParameters, average('avg_pool2d'))
/** `[N, C, D, H, W]` */
export const avgPool3d = defineFunction('avgPool3d', averageParameters, average('avg_pool3d'))

/** An output size; null keeps that dimension of the input. */
export type AdaptiveSize = number | readonly (number | null)[]

function withInputSizes(input: Tensor, outputSize: AdaptiveSize, dims: number): readonly number[] {
  if (typeof outputSize === 'number') return Array(dims).fill(outputSize)
  if (!outputSize.includes(null)) return outputSize as readonly number[]
  const sizes = input.shape.slice(-outputSize.length)
  return outputSize.map((size, i) => size ?? (sizes[i] as number))
}

function adaptive<R>(kind: string, dims: number): (input: Tensor, outputSize: AdaptiveSize) => R {
  const run = operator<(...args: unknown[]) => R>(`adaptive_${kind}_pool${dims}d`)
  return (input, outputSize) => run(input, withInputSizes(input, outputSize, dims))
}

/** Means of windows such that the output is `[N, C, outputSize]`. */
export const adaptiveAvgPool1d = defineFunction(
  'adaptiveAvgPool1d',
  ['input', 'outputSize'],
  adaptive<Tensor>('avg', 1)
)
/** Means of windows such that the output is `[N, C, ...outputSize]`. */
export const adaptiveAvgPool2d = defineFunction(
  'adaptiveAvgPool2d',
  ['input', 'outputSize'],
  adaptive<Tensor>('avg', 2)
)
/** Means of windows such that the output is `[N, C, ...outputSize]`, of volumes. */
export const adaptiveAvgPool3d = defineFunction(
  'adaptiveAvgPool3d',
  ['input', 'outputSize'],
  adaptive<Tensor>('avg', 3)
)

/** A pool whose result is the maxima, or these and where they were found. */
export interface AdaptiveMaxPool {
  (input: Tensor, outputSize: AdaptiveSize, returnIndices?: false): Tensor
  (input: Tensor, outputSize: AdaptiveSize, options: { returnIndices?: false }): Tensor
  (input: Tensor, outputSize: AdaptiveSize, returnIndices: true): [Tensor, Tensor]
  (input: Tensor, outputSize: AdaptiveSize, options: { returnIndices: true }): [Tensor, Tensor]
}

function adaptiveMaxima(
  name: string,
  run: (input: Tensor, outputSize: AdaptiveSize) => [Tensor, Tensor]
): AdaptiveMaxPool {
  const pool = (input: Tensor, outputSize: AdaptiveSize, returnIndices = false) => {
    const found = run(input, outputSize)
    return returnIndices ? found : found[0]
  }
  return defineFunction(name, ['input', 'outputSize', 'returnIndices'], pool) as AdaptiveMaxPool
}

const adaptiveMax1d = adaptive<[Tensor, Tensor]>('max', 1)
const adaptiveMax2d = adaptive<[Tensor, Tensor]>('max', 2)
const adaptiveMax3d = adaptive<[Tensor, Tensor]>('max', 3)
const adaptiveParameters = ['input', 'outputSize', 'returnIndices'] as const

/** Maxima of windows such that the output is `[N, C, outputSize]`. */
export const adaptiveMaxPool1d = adaptiveMaxima('adaptiveMaxPool1d', adaptiveMax1d)
/** Maxima of windows such that the output is `[N, C, ...outputSize]`. */
export const adaptiveMaxPool2d = adaptiveMaxima('adaptiveMaxPool2d', adaptiveMax2d)
/** Maxima of windows such that the output is `[N, C, ...outputSize]`, of volumes. */
export const adaptiveMaxPool3d = adaptiveMaxima('adaptiveMaxPool3d', adaptiveMax3d)

type WithIndices = (
  input: Tensor,
  outputSize: AdaptiveSize,
  returnIndices?: boolean
) => [Tensor, Tensor]
/** The maxima of adaptiveMaxPool1d and where they were found. */
export const adaptiveMaxPool1dWithIndices = defineFunction(
  'adaptiveMaxPool1dWithIndices',
  adaptiveParameters,
  adaptiveMax1d as WithIndices
)
/** The maxima of adaptiveMaxPool2d and where they were found. */
export const adaptiveMaxPool2dWithIndices = defineFunction(
  'adaptiveMaxPool2dWithIndices',
  adaptiveParameters,
  adaptiveMax2d as WithIndices
)
/** The maxima of adaptiveMaxPool3d and where they were found. */
export const adaptiveMaxPool3dWithIndices = defineFunction(
  'adaptiveMaxPool3dWithIndices',
  adaptiveParameters,
  adaptiveMax3d as WithIndices
)

type PowerPool = (
  input: Tensor,
  normType: number,
  kernelSize: Size,
  stride?: Size | null,
  ceilMode?: boolean
) => Tensor

const sign = operator('sign')

/** (sum of x^p)^(1/p) of each window, by its mean as PyTorch has it; maxima for p = infinity. */
function powerPool(
  dims: number,
  averages: (
    input: Tensor,
    kernelSize: Size,
    stride: Size | null,
    padding: number,
    ceilMode: boolean
  ) => Tensor,
  maxima: (input: Tensor, kernelSize: Size, options: object) => Tensor
): PowerPool {
  return (input, normType, kernelSize, stride = null, ceilMode = false) => {
    if (normType === 0) throw rangeError('normType', 'a number other than 0', normType)
    if (Math.abs(normType) === Number.POSITIVE_INFINITY) {
      const magnitude = input.abs()
      const options = { stride, ceilMode }
      return normType > 0
        ? maxima(magnitude, kernelSize, options)
        : maxima(magnitude.neg(), kernelSize, options).neg()
    }
    const mean = averages(input.pow(normType), kernelSize, stride, 0, ceilMode)
    const sizes = typeof kernelSize === 'number' ? Array(dims).fill(kernelSize) : kernelSize
    const count = sizes.reduce((product, size) => product * size, 1)
    return sign(mean)
      .mul(mean.abs().relu())
      .mul(count)
      .pow(1 / normType)
  }
}

const powerParameters = ['input', 'normType', 'kernelSize', 'stride', 'ceilMode'] as const
/**
 * The p-norm of each window, p = `normType`: `[N, C, W]`.
 * @throws RangeError for normType 0
 */
export const lpPool1d = defineFunction(
  'lpPool1d',
  powerParameters,
  powerPool(1, avgPool1d, maxPool1d)
)
/** lpPool1d of images `[N, C, H, W]`. */
export const lpPool2d = defineFunction(
  'lpPool2d',
  powerParameters,
  powerPool(2, avgPool2d, maxPool2d)
)
/** lpPool1d of volumes `[N, C, D, H, W]`. */
export const lpPool3d = defineFunction(
  'lpPool3d',
  powerParameters,
  powerPool(3, avgPool3d, maxPool3d)
)
