/**
 * Transposed convolutions: what a convolution's gradient does to its input.
 */
import { boolean, oneOf, options as checkOptions, rangeError, typeError } from '../../check'
import { type Tensor, tensorArgument } from '../../tensor'
import type { Size } from '../define'
import { convTranspose1d, convTranspose2d, convTranspose3d } from '../functional/convolution'
import { kaimingUniform_, uniform_ } from '../init'
import { Module } from '../module'
import { checkChannels } from './convolution'
import { emptyParameter, type FactoryOptions } from './factory'
import { type Rest, asOptions } from './positional'
import { python } from '../../python_text'
import { sizes } from './sizes'

export interface ConvTransposeOptions extends FactoryOptions {
  /** Default 1. */
  stride?: Size
  /** How much less than all of the output is kept, on both sides. Default 0. */
  padding?: Size
  /** Elements added to the output on one side. Default 0. */
  outputPadding?: Size
  /** How many parts the channels are split into. Default 1. */
  groups?: number
  /** Whether a bias is learnt and added. Default true. */
  bias?: boolean
  /** Steps between the elements that a kernel sees. Default 1. */
  dilation?: Size
  /** Only `'zeros'`. */
  paddingMode?: 'zeros'
}

type ConvTransposeRest = Rest<
  [stride: Size, padding: Size, outputPadding: Size],
  ConvTransposeOptions
>
const byPosition = ['stride', 'padding', 'outputPadding'] as const

const known = [
  'stride',
  'padding',
  'outputPadding',
  'groups',
  'bias',
  'dilation',
  'paddingMode',
  'device',
  'dtype'
] as const
const functions = [convTranspose1d, convTranspose2d, convTranspose3d]

abstract class TransposedConvolution extends Module {
  declare weight: Tensor
  declare bias: Tensor | null
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[]
  readonly outputPadding: readonly number[]
  readonly dilation: readonly number[]
  readonly groups: number

  constructor(
    dims: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: ConvTransposeOptions
  ) {
    const name = `ConvTranspose${dims}d`
    const given = checkOptions<ConvTransposeOptions>(name, options, known)
    const { groups = 1, bias = true, paddingMode = 'zeros', device, dtype } = given
    checkChannels(inChannels, outChannels, groups)
    boolean('bias', bias)
    oneOf('paddingMode', paddingMode, ['zeros'])
    super()
    this.inChannels = inChannels
    this.outChannels = outChannels
    this.kernelSize = sizes('kernelSize', kernelSize, dims, 1)
    this.stride = sizes('stride', given.stride ?? 1, dims, 1)
    this.padding = sizes('padding', given.padding ?? 0, dims, 0)
    this.outputPadding = sizes('outputPadding', given.outputPadding ?? 0, dims, 0)
    this.dilation = sizes('dilation', given.dilation ?? 1, dims, 1)
    this.groups = groups
    const shape = [inChannels, outChannels / groups, ...this.kernelSize]
    this.weight = emptyParameter(shape, { device, dtype })
    this.bias = bias ? emptyParameter([outChannels], { device, dtype }) : null
    this.resetParameters()
  }

  /** Draws weight and bias again. */
  resetParameters(): void {
    const { weight, bias } = this
    kaimingUniform_(weight, Math.sqrt(5))
    if (!bias) return
    const [, outputs, ...kernel] = weight.shape as [number, number, ...number[]]
    const bound = 1 / Math.sqrt(kernel.reduce((product, size) => product * size, outputs))
    uniform_(bias, -bound, bound)
  }

  /**
   * @param outputSize which of the sizes that convolve to the input's is meant, with or without
   * batch and channels; without it `outputPadding` says so
   * @throws RangeError for another size
   */
  override forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    const run = functions[this.kernelSize.length - 1]!
    return run(
      input,
      this.weight,
      this.bias,
      this.stride,
      this.padding,
      outputSize === null ? this.outputPadding : this.#paddingFor(input, outputSize),
      this.groups,
      this.dilation
    )
  }

  #paddingFor(input: Tensor, outputSize: readonly number[]): number[] {
    const { kernelSize, stride, padding, dilation } = this
    const dims = kernelSize.length
    const { shape } = tensorArgument('input', input)
    if (shape.length !== dims + 1 && shape.length !== dims + 2) {
      throw rangeError('input', `${dims + 1} or ${dims + 2} dimensions`, shape.length)
    }
    const leading = shape.length - dims
    const expected = `${dims} or ${dims + leading} sizes`
    if (!Array.isArray(outputSize)) throw typeError('outputSize', expected, outputSize)
    const wanted = outputSize.length === dims + leading ? outputSize.slice(leading) : outputSize
    if (wanted.length !== dims) throw rangeError('outputSize', expected, outputSize)
    return wanted.map((size, d) => {
      const steps = (shape[d + leading]! - 1) * stride[d]!
      const least = steps - 2 * padding[d]! + dilation[d]! * (kernelSize[d]! - 1) + 1
      const most = least + stride[d]! - 1
      if (size >= least && size <= most) return size - least
      throw rangeError(`outputSize[${d}]`, `a size from ${least} to ${most}`, size)
    })
  }

  override extraRepr(): string {
    const { inChannels, outChannels, padding, dilation, outputPadding, groups } = this
    const parts = [
      `${inChannels}, ${outChannels}`,
      `kernel_size=${python(this.kernelSize)}, stride=${python(this.stride)}`
    ]
    if (padding.some((count) => count !== 0)) parts.push(`padding=${python(padding)}`)
    if (dilation.some((step) => step !== 1)) parts.push(`dilation=${python(dilation)}`)
    if (outputPadding.some((count) => count !== 0)) {
      parts.push(`output_padding=${python(outputPadding)}`)
    }
    if (groups !== 1) parts.push(`groups=${groups}`)
    if (!this.bias) parts.push('bias=False')
    return parts.join(', ')
  }
}

/**
 * The gradient of a Conv1d with respect to its input, as a layer. Input `[N, inChannels, W]` or
 * `[inChannels, W]`, output `[N, outChannels, W']` with
 * W' = (W - 1) stride - 2 padding + dilation (kernelSize - 1) + outputPadding + 1.
 *
 * `weight` `[inChannels, outChannels / groups, kernelSize]` and `bias` `[outChannels]` (null without)
 * are first drawn from U(-k, k) with k = 1 / sqrt(outChannels / groups * kernelSize).
 * @throws RangeError for sizes below 1 and channels that `groups` does not divide
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html
 */
export class ConvTranspose1d extends TransposedConvolution {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    ...rest: ConvTransposeRest
  ) {
    super(1, inChannels, outChannels, kernelSize, asOptions('ConvTranspose1d', byPosition, rest))
  }
}

/**
 * ConvTranspose1d of images: input `[N, inChannels, H, W]` or `[inChannels, H, W]`, output
 * `[N, outChannels, H', W']`, weight `[inChannels, outChannels / groups, kH, kW]`.
 * @throws RangeError as ConvTranspose1d
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
 */
export class ConvTranspose2d extends TransposedConvolution {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    ...rest: ConvTransposeRest
  ) {
    super(2, inChannels, outChannels, kernelSize, asOptions('ConvTranspose2d', byPosition, rest))
  }
}

/**
 * ConvTranspose1d of volumes: input `[N, inChannels, D, H, W]` or `[inChannels, D, H, W]`, output
 * `[N, outChannels, D', H', W']`, weight `[inChannels, outChannels / groups, kD, kH, kW]`.
 * @throws RangeError as ConvTranspose1d
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html
 */
export class ConvTranspose3d extends TransposedConvolution {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    ...rest: ConvTransposeRest
  ) {
    super(3, inChannels, outChannels, kernelSize, asOptions('ConvTranspose3d', byPosition, rest))
  }
}
