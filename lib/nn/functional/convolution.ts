/**
 * Convolutions. Batches are optional: `[C, W]` for `[N, C, W]`.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#convolution-functions
 */
import type { Tensor } from '../../tensor'
import { defineFunction, operator, type Size } from '../define'

/** 'valid' pads nothing; 'same' keeps the input's size and needs stride 1. */
export type Padding = Size | 'valid' | 'same'

type Convolution = (
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  stride?: Size,
  padding?: Padding,
  dilation?: Size,
  groups?: number
) => Tensor
const parameters = ['input', 'weight', 'bias', 'stride', 'padding', 'dilation', 'groups'] as const

/** Input `[N, C, W]`, weight `[out, C / groups, k]`, bias `[out]`. Stride and dilation default 1. */
export const conv1d = defineFunction('conv1d', parameters, operator<Convolution>('conv1d'))
/** Input `[N, C, H, W]`, weight `[out, C / groups, k, k]`, bias `[out]`. */
export const conv2d = defineFunction('conv2d', parameters, operator<Convolution>('conv2d'))
/** Input `[N, C, D, H, W]`, weight `[out, C / groups, k, k, k]`, bias `[out]`. */
export const conv3d = defineFunction('conv3d', parameters, operator<Convolution>('conv3d'))

type TransposedConvolution = (
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  stride?: Size,
  padding?: Size,
  outputPadding?: Size,
  groups?: number,
  dilation?: Size
) => Tensor
const transposedParameters = [
  'input',
  'weight',
  'bias',
  'stride',
  'padding',
  'outputPadding',
  'groups',
  'dilation'
] as const

/** Input `[N, C, W]`, weight `[C, out / groups, k]`: what conv1d's gradient does to its input. */
export const convTranspose1d = defineFunction(
  'convTranspose1d',
  transposedParameters,
  operator<TransposedConvolution>('conv_transpose1d')
)
/** Input `[N, C, H, W]`, weight `[C, out / groups, k, k]`. */
export const convTranspose2d = defineFunction(
  'convTranspose2d',
  transposedParameters,
  operator<TransposedConvolution>('conv_transpose2d.input')
)
/** Input `[N, C, D, H, W]`, weight `[C, out / groups, k, k, k]`. */
export const convTranspose3d = defineFunction(
  'convTranspose3d',
  transposedParameters,
  operator<TransposedConvolution>('conv_transpose3d.input')
)

/** Input `[T, N, C]`, weight `[k, C, out]`, bias `[out]`: time first. `pad` default 0. */
export const convTbc = defineFunction(
  'convTbc',
  ['input', 'weight', 'bias', 'pad'],
  operator<(input: Tensor, weight: Tensor, bias: Tensor, pad?: number) => Tensor>('conv_tbc')
)

const im2col = operator('im2col')
/** The blocks that a 2d convolution sees: `[N, C, H, W]` -> `[N, C * k * k, blocks]`. */
export const unfold = defineFunction(
  'unfold',
  ['input', 'kernelSize', 'dilation', 'padding', 'stride'],
  (input: Tensor, kernelSize: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1) =>
    im2col(input, kernelSize, dilation, padding, stride)
)

const col2im = operator('col2im')
/** The sum of blocks, each in its place: `[N, C * k * k, blocks]` -> `[N, C, ...outputSize]`. */
export const fold = defineFunction(
  'fold',
  ['input', 'outputSize', 'kernelSize', 'dilation', 'padding', 'stride'],
  (
    input: Tensor,
    outputSize: Size,
    kernelSize: Size,
    dilation: Size = 1,
    padding: Size = 0,
    stride: Size = 1
  ) => col2im(input, outputSize, kernelSize, dilation, padding, stride)
)
