/**
 * Images: rearranging, padding and resampling their elements.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#vision-functions
 */
import { oneOf, rangeError, typeError } from '../../check'
import type { Tensor } from '../../tensor'
import { defineFunction, operator } from '../define'

/** `[..., C * r^2, H, W]` -> `[..., C, H * r, W * r]`, r = `upscaleFactor` */
export const pixelShuffle = defineFunction(
  'pixelShuffle',
  ['input', 'upscaleFactor'],
  operator<(input: Tensor, upscaleFactor: number) => Tensor>('pixel_shuffle')
)

/** `[..., C, H * r, W * r]` -> `[..., C * r^2, H, W]`, r = `downscaleFactor` */
export const pixelUnshuffle = defineFunction(
  'pixelUnshuffle',
  ['input', 'downscaleFactor'],
  operator<(input: Tensor, downscaleFactor: number) => Tensor>('pixel_unshuffle')
)

/** The channels of `[N, C, ...]`, one of each group in turn. */
export const channelShuffle = defineFunction(
  'channelShuffle',
  ['input', 'groups'],
  operator<(input: Tensor, groups: number) => Tensor>('channel_shuffle')
)

const runNativeChannelShuffle = operator('native_channel_shuffle')
/**
 * The same by another kernel, without a gradient.
 * @throws RangeError for groups that do not divide the channels
 */
export const nativeChannelShuffle = defineFunction(
  'nativeChannelShuffle',
  ['input', 'groups'],
  (input: Tensor, groups: number) => {
    const channels = input.shape[1] ?? 0
    if (!(groups >= 1) || channels % groups !== 0) {
      throw rangeError('groups', `a divisor of the ${channels} channels`, groups)
    }
    return runNativeChannelShuffle(input, groups)
  }
)

/**
 * Elements added before and after, from the last dimension on: `[left, right, top, bottom, ...]`;
 * negative numbers take some away. `mode` 'constant' (default, of `value`), 'reflect', 'replicate' or
 * 'circular'.
 */
export const pad = defineFunction(
  'pad',
  ['input', 'pad', 'mode', 'value'],
  operator<
    (
      input: Tensor,
      pad: readonly number[],
      mode?: 'constant' | 'reflect' | 'replicate' | 'circular',
      value?: number | null
    ) => Tensor
  >('pad')
)

const interpolations = ['bilinear', 'nearest', 'bicubic'] as const
const paddings = ['zeros', 'border', 'reflection'] as const
const gridSampler = operator('grid_sampler')
/**
 * The input `[N, C, H, W]` at the places of `grid` `[N, h, w, 2]`, each (x, y) from -1 to 1; of
 * volumes alike. `paddingMode` says what lies outside: 'zeros', 'border' or 'reflection'.
 */
export const gridSample = defineFunction(
  'gridSample',
  ['input', 'grid', 'mode', 'paddingMode', 'alignCorners'],
  (
    input: Tensor,
    grid: Tensor,
    mode: (typeof interpolations)[number] = 'bilinear',
    paddingMode: (typeof paddings)[number] = 'zeros',
    alignCorners: boolean | null = null
  ) => {
    const modeCode = interpolations.indexOf(oneOf('mode', mode, interpolations))
    const paddingCode = paddings.indexOf(oneOf('paddingMode', paddingMode, paddings))
    return gridSampler(input, grid, modeCode, paddingCode, alignCorners ?? false)
  }
)

const affineGridGenerator = operator('affine_grid_generator')
/**
 * The grid for gridSample of affine maps `theta`: `[N, 2, 3]` for a size `[N, C, H, W]`, `[N, 3, 4]`
 * for `[N, C, D, H, W]`.
 * @throws RangeError for other shapes and sizes, TypeError for whole numbers
 */
export const affineGrid = defineFunction(
  'affineGrid',
  ['theta', 'size', 'alignCorners'],
  (theta: Tensor, size: readonly number[], alignCorners: boolean | null = null) => {
    if (!theta.dtype.includes('float')) {
      throw typeError('theta', 'a floating-point dtype', theta.dtype)
    }
    if (size?.length !== 4 && size?.length !== 5) throw rangeError('size', '4 or 5 sizes', size)
    const dims = size.length - 2
    const { shape } = theta
    if (shape.length !== 3 || shape[1] !== dims || shape[2] !== dims + 1) {
      throw rangeError('theta', `shape [N, ${dims}, ${dims + 1}] for ${size.length} sizes`, shape)
    }
    if (Math.min(...size) <= 0) throw rangeError('size', 'positive sizes', Math.min(...size))
    return affineGridGenerator(theta, size, alignCorners ?? false)
  }
)
