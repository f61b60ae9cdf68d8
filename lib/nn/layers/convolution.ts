/**
 * Convolutions.
 */
import { boolean, integer, oneOf, options as checkOptions, rangeError } from '../../check'
import type { Tensor } from '../../tensor'
import type { Size } from '../define'
import type { Padding } from '../functional/convolution'
import { pad } from '../functional/vision'
import { markPlain, NativeModule } from '../native_module'
import type { FactoryOptions } from './factory'
import { type Rest, asOptions } from './positional'
import { python } from '../../python_text'
import { sizes } from './sizes'

/** What lies around the input. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular'

export interface ConvOptions extends FactoryOptions {
  /** Default 1. */
  stride?: Size
  /** Elements added on both sides; 'same' keeps the input's size and needs stride 1. Default 0. */
  padding?: Padding
  /** Steps between the elements that a kernel sees. Default 1. */
  dilation?: Size
  /** How many parts the channels are split into, each with kernels of its own. Default 1. */
  groups?: number
  /** Whether a bias is learnt and added. Default true. */
  bias?: boolean
  /** Default `'zeros'`. */
  paddingMode?: PaddingMode
}

type ConvRest = Rest<[stride: Size, padding: Padding, dilation: Size, groups: number], ConvOptions>
const byPosition = ['stride', 'padding', 'dilation', 'groups'] as const
const known = [
  'stride',
  'padding',
  'dilation',
  'groups',
  'bias',
  'paddingMode',
  'device',
  'dtype'
] as const

/** What all convolutions are made of, transposed ones too. */
export function checkChannels(inChannels: unknown, outChannels: unknown, groups: unknown): void {
  const parts = integer('groups', groups, 1)
  for (const [name, value] of Object.entries({ inChannels, outChannels })) {
    const channels = integer(name, value, 1)
    if (channels % parts === 0) continue
    throw rangeError(name, `a multiple of groups, ${parts}`, channels)
  }
}

function checkPadding(value: unknown, dims: number): 'same' | 'valid' | readonly number[] {
  if (typeof value === 'string') return oneOf('padding', value, ['same', 'valid'] as const)
  return sizes('padding', value, dims, 0)
}

/** Elements to add before and after, from the last dimension on, as nn.functional.pad takes them. */
function sidesOf(
  padding: 'same' | 'valid' | readonly number[],
  kernelSize: readonly number[],
  dilation: readonly number[]
): number[] {
  const sides = kernelSize.map((size, d) => {
    if (padding === 'valid') return [0, 0]
    if (padding !== 'same') return [padding[d]!, padding[d]!]
    const total = dilation[d]! * (size - 1)
    return [Math.floor(total / 2), Math.ceil(total / 2)]
  })
  return sides.reverse().flat()
}

abstract class Convolution extends NativeModule {
  declare weight: Tensor
  declare bias: Tensor | null
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: readonly number[]
  readonly stride: readonly number[]
  readonly padding: 'same' | 'valid' | readonly number[]
  readonly dilation: readonly number[]
  readonly groups: number
  readonly paddingMode: PaddingMode
  /** What is added around the input by itself, in the modes where libtorch's operator cannot. */
  #sides: number[]

  constructor(
    dims: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: ConvOptions
  ) {
    const name = `Conv${dims}d`
    const given = checkOptions<ConvOptions>(name, options, known)
    const { groups = 1, bias = true, paddingMode = 'zeros', device, dtype } = given
    checkChannels(inChannels, outChannels, groups)
    const kernel = sizes('kernelSize', kernelSize, dims, 1)
    const stride = sizes('stride', given.stride ?? 1, dims, 1)
    const dilation = sizes('dilation', given.dilation ?? 1, dims, 1)
    const padding = checkPadding(given.padding ?? 0, dims)
    if (padding === 'same' && stride.some((step) => step !== 1)) {
      throw rangeError('stride', "1 with padding 'same'", given.stride)
    }
    oneOf('paddingMode', paddingMode, ['zeros', 'reflect', 'replicate', 'circular'])
    super(name, [inChannels, outChannels, kernel], {
      stride,
      padding: paddingMode === 'zeros' ? padding : 'valid',
      dilation,
      groups,
      bias: boolean('bias', bias),
      device,
      dtype
    })
    this.inChannels = inChannels
    this.outChannels = outChannels
    this.kernelSize = kernel
    this.stride = stride
    this.padding = padding
    this.dilation = dilation
    this.groups = groups
    this.paddingMode = paddingMode
    this.#sides = sidesOf(padding, kernel, dilation)
  }

  /** Draws weight and bias again. */
  resetParameters(): void {
    this.redraw()
  }

  override forward(input: Tensor): Tensor {
    if (this.paddingMode === 'zeros') return this.run(input)
    return this.run(pad(input, this.#sides, this.paddingMode))
  }

  override extraRepr(): string {
    const { inChannels, outChannels, padding, dilation, groups, paddingMode } = this
    const parts = [
      `${inChannels}, ${outChannels}`,
      `kernel_size=${python(this.kernelSize)}, stride=${python(this.stride)}`
    ]
    if (typeof padding === 'string' || padding.some((count) => count !== 0)) {
      parts.push(`padding=${python(padding)}`)
    }
    if (dilation.some((step) => step !== 1)) parts.push(`dilation=${python(dilation)}`)
    if (groups !== 1) parts.push(`groups=${groups}`)
    if (!this.bias) parts.push('bias=False')
    if (paddingMode !== 'zeros') parts.push(`padding_mode=${paddingMode}`)
    return parts.join(', ')
  }
}

markPlain(Convolution, ({ paddingMode }) => paddingMode === 'zeros')

/**
 * out(o) = bias(o) + the sum over c of weight(o, c) * input(c), where `*` is cross-correlation.
 * Input `[N, inChannels, W]` or `[inChannels, W]`, output `[N, outChannels, W']` with
 * W' = floor((W + 2 padding - dilation (kernelSize - 1) - 1) / stride) + 1.
 *
 * `weight` `[outChannels, inChannels / groups, kernelSize]` and `bias` `[outChannels]` (null without)
 * are first drawn from U(-k, k) with k = 1 / sqrt(inChannels / groups * kernelSize).
 * @throws RangeError for sizes below 1, channels that `groups` does not divide, and padding 'same'
 * with a stride
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
 */
export class Conv1d extends Convolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, ...rest: ConvRest) {
    super(1, inChannels, outChannels, kernelSize, asOptions('Conv1d', byPosition, rest))
  }
}

/**
 * Conv1d of images: input `[N, inChannels, H, W]` or `[inChannels, H, W]`, output
 * `[N, outChannels, H', W']`, weight `[outChannels, inChannels / groups, kH, kW]`.
 * @throws RangeError as Conv1d
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export class Conv2d extends Convolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, ...rest: ConvRest) {
    super(2, inChannels, outChannels, kernelSize, asOptions('Conv2d', byPosition, rest))
  }
}

/**
 * Conv1d of volumes: input `[N, inChannels, D, H, W]` or `[inChannels, D, H, W]`, output
 * `[N, outChannels, D', H', W']`, weight `[outChannels, inChannels / groups, kD, kH, kW]`.
 * @throws RangeError as Conv1d
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Conv3d.html
 */
export class Conv3d extends Convolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, ...rest: ConvRest) {
    super(3, inChannels, outChannels, kernelSize, asOptions('Conv3d', byPosition, rest))
  }
}
