/**
 * Maxima back in their places.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#pooling-functions
 */
import { rangeError } from '../../check'
import type { Tensor } from '../../tensor'
import { defineFunction, operator, type Size } from '../define'

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
/** maxUnpool1d of images `[N, C, H, W]`. */
export const maxUnpool2d = defineFunction(
  'maxUnpool2d',
  unpoolParameters,
  unpool(2, (input, indices, sizes) => unpool2d(input, indices, sizes))
)
/** maxUnpool1d of volumes `[N, C, D, H, W]`. */
export const maxUnpool3d = defineFunction(
  'maxUnpool3d',
  unpoolParameters,
  unpool(3, (input, indices, sizes, stride, padding) =>
    unpool3d(input, indices, sizes, stride, padding)
  )
)
