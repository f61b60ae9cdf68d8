/**
 * Maxima of windows, and putting them back. `returnIndices` gives [maxima, indices], where an index
 * counts the places of one channel; maxUnpool takes them.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#pooling-functions
 */
import { rangeError, typeError } from '../../check'
import { rand } from '../../creation'
import { type Tensor, tensorArgument } from '../../tensor'
import { defineFunction, operator, type Size } from '../define'
import { within } from './bounds'

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
  (input: Tensor, kernelSize: Size, stride: Size | null, options: Omit<Options, 'stride'>): Tensor
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
/** The maxima and where they were found. */
export const maxPool1dWithIndices = defineFunction('maxPool1dWithIndices', parameters, indices1d)
export const maxPool2dWithIndices = defineFunction('maxPool2dWithIndices', parameters, indices2d)
export const maxPool3dWithIndices = defineFunction('maxPool3dWithIndices', parameters, indices3d)

interface FractionalOptions {
  outputSize?: Size | null
  outputRatio?: Size | null
  _randomSamples?: Tensor | null
}

/** As MaxPool, over windows that are placed by chance. */
export interface FractionalMaxPool {
  (
    input: Tensor,
    kernelSize: Size,
    outputSize?: Size | null,
    outputRatio?: Size | null,
    returnIndices?: false
  ): Tensor
  (
    input: Tensor,
    kernelSize: Size,
    outputSize: Size | null,
    outputRatio: Size | null,
    returnIndices: true
  ): [Tensor, Tensor]
  (input: Tensor, kernelSize: Size, options: FractionalOptions & { returnIndices?: false }): Tensor
  (
    input: Tensor,
    kernelSize: Size,
    options: FractionalOptions & { returnIndices: true }
  ): [Tensor, Tensor]
}

const fractionalParameters = [
  'input',
  'kernelSize',
  'outputSize',
  'outputRatio',
  'returnIndices',
  '_randomSamples'
] as const

type Fractional = (
  input: Tensor,
  kernelSize: Size,
  outputSize?: Size | null,
  outputRatio?: Size | null,
  returnIndices?: boolean,
  _randomSamples?: Tensor | null
) => [Tensor, Tensor]

function fractional(name: string, dims: number): Fractional {
  const run = operator<(...args: unknown[]) => [Tensor, Tensor]>(`fractional_max_pool${dims}d`)
  return (input, kernelSize, outputSize, outputRatio, _, samples) => {
    const { shape, dtype, device } = input
    const ratio = outputRatio ?? null
    if ((outputSize ?? null) === null && ratio === null) {
      throw typeError(name, 'an outputSize or an outputRatio', outputSize)
    }
    const ratios = typeof ratio === 'number' ? Array<number>(dims).fill(ratio) : ratio
    const sizes = shape
      .slice(-dims)
      .map((size, i) => Math.trunc(size * ((ratios ?? [])[i] as number)))
    const batch = shape.length === dims + 1 ? 1 : (shape[0] as number)
    const channels = shape[shape.length - dims - 1] as number
    const wanted = [batch, channels, dims]
    if (samples) checkSamples(samples, wanted)
    return run(input, kernelSize, outputSize ?? sizes, samples ?? rand(wanted, { dtype, device }))
  }
}

function checkSamples(samples: Tensor, wanted: readonly number[]): void {
  const { shape } = tensorArgument('_randomSamples', samples)
  if (String(shape) !== String(wanted)) {
    throw rangeError('_randomSamples', `shape [${wanted.join(', ')}]`, shape)
  }
  within('_randomSamples', samples, 0, 1)
}

function fractionalPool(name: string, both: Fractional): FractionalMaxPool {
  const pool = (...args: Parameters<Fractional>) => {
    const found = both(...args)
    return args[4] ? found : found[0]
  }
  return defineFunction(name, fractionalParameters, pool) as FractionalMaxPool
}

const fractional2d = fractional('fractionalMaxPool2d', 2)
const fractional3d = fractional('fractionalMaxPool3d', 3)
/**
 * Windows placed by chance, to an output of `outputSize` or of `outputRatio` times the input.
 * @throws TypeError where neither is given
 */
export const fractionalMaxPool2d = fractionalPool('fractionalMaxPool2d', fractional2d)
export const fractionalMaxPool3d = fractionalPool('fractionalMaxPool3d', fractional3d)
export const fractionalMaxPool2dWithIndices = defineFunction(
  'fractionalMaxPool2dWithIndices',
  fractionalParameters,
  fractional2d
)
export const fractionalMaxPool3dWithIndices = defineFunction(
  'fractionalMaxPool3dWithIndices',
  fractionalParameters,
  fractional3d
)

type Unpool = (
  input: Tensor,
  indices: Tensor,
  kernelSize: Size,
  stride?: Size | null,
  padding?: Size,
  outputSize?: readonly number[] | null
) => Tensor

/** The size before pooling: what is asked for, where a pool could have led from it to the input. */
function unpooledSize(
  input: Tensor,
  kernel: readonly number[],
  stride: readonly number[],
  padding: readonly number[],
  asked: readonly number[] | null
): number[] {
  const dims = kernel.length
  const inputSize = input.shape.slice(-dims)
  const usual = inputSize.map((size, d) => (size - 1) * stride[d]! + kernel[d]! - 2 * padding[d]!)
  if (!asked) return usual
  const wanted = asked.length === dims + 2 ? asked.slice(2) : asked
  if (wanted.length !== dims) {
    throw rangeError('outputSize', `${dims} or ${dims + 2} sizes`, asked)
  }
  for (const [d, size] of wanted.entries()) {
    const [below, above] = [usual[d]! - stride[d]!, usual[d]! + stride[d]!]
    if (size <= below || size >= above) {
      throw rangeError(`outputSize[${d}]`, `a size between ${below} and ${above}`, size)
    }
  }
  return [...wanted]
}

function unpool(
  dims: number,
  run: (
    input: Tensor,
    indices: Tensor,
    sizes: number[],
    stride: readonly number[],
    padding: readonly number[]
  ) => Tensor
): Unpool {
  const each = (size: Size) => (typeof size === 'number' ? Array<number>(dims).fill(size) : size)
  return (input, indices, kernelSize, stride, padding = 0, outputSize = null) => {
    const kernel = each(kernelSize)
    const steps = each(stride ?? kernel)
    const pad = each(padding)
    return run(input, indices, unpooledSize(input, kernel, steps, pad, outputSize), steps, pad)
  }
}

const unpool2d = operator('max_unpool2d')
const unpool3d = operator('max_unpool3d')
const unpoolParameters = [
  'input',
  'indices',
  'kernelSize',
  'stride',
  'padding',
  'outputSize'
] as const
/**
 * The maxima of maxPool1d back in their places, zeros elsewhere. `outputSize` says which of the
 * sizes that pool to the input's is meant.
 * @throws RangeError for an output size that does not pool to the input's
 */
export const maxUnpool1d = defineFunction(
  'maxUnpool1d',
  unpoolParameters,
  unpool(1, (input, indices, sizes) =>
    unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), [...sizes, 1]).squeeze(-1)
  )
)
export const maxUnpool2d = defineFunction(
  'maxUnpool2d',
  unpoolParameters,
  unpool(2, (input, indices, sizes) => unpool2d(input, indices, sizes))
)
export const maxUnpool3d = defineFunction(
  'maxUnpool3d',
  unpoolParameters,
  unpool(3, (input, indices, sizes, stride, padding) =>
    unpool3d(input, indices, sizes, stride, padding)
  )
)
