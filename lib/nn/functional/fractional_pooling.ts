/**
 * Maxima of windows that are placed by chance.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#pooling-functions
 */
import { rangeError, typeError } from '../../check'
import { rand } from '../../random'
import { type Tensor, tensorArgument } from '../../tensor'
import { defineFunction, operator, type Size } from '../define'
import { within } from './bounds'

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
    if (shape.length !== dims + 1 && shape.length !== dims + 2) {
      throw rangeError(`${name}: input`, `${dims + 1} or ${dims + 2} dimensions`, shape.length)
    }
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
/** fractionalMaxPool2d of volumes `[N, C, D, H, W]`. */
export const fractionalMaxPool3d = fractionalPool('fractionalMaxPool3d', fractional3d)
/** The maxima of images and where they were found. */
export const fractionalMaxPool2dWithIndices = defineFunction(
  'fractionalMaxPool2dWithIndices',
  fractionalParameters,
  fractional2d
)
/** The maxima of volumes and where they were found. */
export const fractionalMaxPool3dWithIndices = defineFunction(
  'fractionalMaxPool3dWithIndices',
  fractionalParameters,
  fractional3d
)
