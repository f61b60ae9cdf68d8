/**
 * Maxima of windows. `returnIndices` gives [maxima, indices], where an index counts the places of one
 * channel; maxUnpool takes them.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#pooling-functions
 */
import type { Tensor } from '../../tensor'
import { defineFunction, operator, type Size } from '../define'

interface Options {
  stride?: Size | null
  padding?: Size
  dilation?: Size
  ceilMode?: boolean
}

/** A pool whose result is the maxima, or these and where they were found. */
export interface MaxPool {
  (
    input: Tensor,
    kernelSize: Size,
    stride?: Size | null,
    padding?: Size,
    dilation?: Size,
    ceilMode?: boolean,
    returnIndices?: false
  ): Tensor
  (
    input: Tensor,
    kernelSize: Size,
    stride: Size | null,
    padding: Size,
    dilation: Size,
    ceilMode: boolean,
    returnIndices: true
  ): [Tensor, Tensor]
  (input: Tensor, kernelSize: Size, options: Options & { returnIndices?: false }): Tensor
  (input: Tensor, kernelSize: Size, options: Options & { returnIndices: true }): [Tensor, Tensor]
  (
    input: Tensor,
    kernelSize: Size,
    stride: Size | null,
    options: Omit<Options, 'stride'> & { returnIndices?: false }
  ): Tensor
  (
    input: Tensor,
    kernelSize: Size,
    stride: Size | null,
    options: Omit<Options, 'stride'> & { returnIndices: true }
  ): [Tensor, Tensor]
}

const parameters = [
  'input',
  'kernelSize',
  'stride',
  'padding',
  'dilation',
  'ceilMode',
  'returnIndices'
] as const

type WithIndices = (
  input: Tensor,
  kernelSize: Size,
  stride?: Size | null,
  padding?: Size,
  dilation?: Size,
  ceilMode?: boolean,
  returnIndices?: boolean
) => [Tensor, Tensor]

function withIndices(operatorName: string): WithIndices {
  const run = operator<(...args: unknown[]) => [Tensor, Tensor]>(operatorName)
  return (input, kernelSize, stride, padding, dilation, ceilMode) =>
    run(input, kernelSize, stride ?? [], padding, dilation, ceilMode)
}

function maxPool(name: string, operatorName: string, both: WithIndices): MaxPool {
  const run = operator(operatorName)
  const pool = (...args: Parameters<WithIndices>) => {
    const [input, kernelSize, stride, padding, dilation, ceilMode, returnIndices] = args
    if (returnIndices) return both(...args)
    return run(input, kernelSize, stride ?? [], padding, dilation, ceilMode)
  }
  return defineFunction(name, parameters, pool) as MaxPool
}

const indices1d = withIndices('max_pool1d_with_indices')
const indices2d = withIndices('max_pool2d_with_indices')
const indices3d = withIndices('max_pool3d_with_indices')

/** `[N, C, W]`; `stride` defaults to `kernelSize`, `dilation` to 1. */
export const maxPool1d = maxPool('maxPool1d', 'max_pool1d', indices1d)
/** `[N, C, H, W]` */
export const maxPool2d = maxPool('maxPool2d', 'max_pool2d', indices2d)
/** `[N, C, D, H, W]` */
export const maxPool3d = maxPool('maxPool3d', 'max_pool3d', indices3d)
/** The maxima of maxPool1d and where they were found. */
export const maxPool1dWithIndices = defineFunction('maxPool1dWithIndices', parameters, indices1d)
/** The maxima of maxPool2d and where they were found. */
export const maxPool2dWithIndices = defineFunction('maxPool2dWithIndices', parameters, indices2d)
/** The maxima of maxPool3d and where they were found. */
export const maxPool3dWithIndices = defineFunction('maxPool3dWithIndices', parameters, indices3d)
