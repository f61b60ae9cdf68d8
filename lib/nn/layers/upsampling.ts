/**
 * Images in another size.
 */
import { boolean, finite, oneOf, options as checkOptions, rangeError, typeError } from '../../check'
import type { Tensor } from '../../tensor'
import type { Size } from '../define'
import { interpolate } from '../functional/interpolate'
import { Module } from '../module'
import { isBefore } from '../version'
import { python, pythonFloat } from '../../python_text'
import { size as checkSize } from './sizes'

const modes = [
  'nearest',
  'nearest-exact',
  'linear',
  'bilinear',
  'bicubic',
  'trilinear',
  'area'
] as const

/** One of the two. */
export interface UpsamplingOptions {
  /** Of the output's spatial dimensions. */
  size?: Size | null
  /** The output's size over the input's. */
  scaleFactor?: number | readonly number[] | null
}

export interface UpsampleOptions extends UpsamplingOptions {
  /** How elements between those of the input are found; default `'nearest'`. */
  mode?: (typeof modes)[number]
  /** Whether the corners keep their values; null (default) counts as false. */
  alignCorners?: boolean | null
  /** Whether the factor is computed anew from the output's size; null (default) counts as false. */
  recomputeScaleFactor?: boolean | null
}

const sizeNames = ['size', 'scaleFactor'] as const
const known = [...sizeNames, 'mode', 'alignCorners', 'recomputeScaleFactor'] as const
/** Whether Python prints the mode without quotes. */
const printsBareMode = isBefore(2, 0)

function checkFactors(value: number | readonly number[]): number | readonly number[] {
  const each: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const factor of each) {
    if (finite('scaleFactor', factor) <= 0) {
      throw rangeError('scaleFactor', 'numbers greater than 0', factor)
    }
  }
  return Array.isArray(value) ? [...value] : value
}

/**
 * The input `[N, C, W]`, `[N, C, H, W]` or `[N, C, D, H, W]` in another size: `size` of the spatial
 * dimensions, or `scaleFactor` times theirs. `mode` 'linear' is for 3 dimensions, 'bilinear' and
 * 'bicubic' for 4, 'trilinear' for 5, the others for all.
 * @throws TypeError unless just one of `size` and `scaleFactor` is given
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Upsample.html
 */
export class Upsample extends Module {
  readonly size: Size | null
  readonly scaleFactor: number | readonly number[] | null
  readonly mode: (typeof modes)[number]
  readonly alignCorners: boolean | null
  readonly recomputeScaleFactor: boolean | null

  constructor(options: UpsampleOptions) {
    const {
      size = null,
      scaleFactor = null,
      ...rest
    } = checkOptions<UpsampleOptions>('Upsample', options, known)
    const { mode = 'nearest', alignCorners = null, recomputeScaleFactor = null } = rest
    if ((size === null) === (scaleFactor === null)) {
      throw typeError('Upsample', 'either a size or a scaleFactor', size)
    }
    super()
    const dims = Array.isArray(size) ? Math.min(Math.max(size.length, 1), 3) : 1
    this.size = size === null ? null : checkSize('size', size, dims, 1)
    this.scaleFactor = scaleFactor === null ? null : checkFactors(scaleFactor)
    this.mode = oneOf('mode', mode, modes)
    this.alignCorners = alignCorners === null ? null : boolean('alignCorners', alignCorners)
    this.recomputeScaleFactor =
      recomputeScaleFactor === null ? null : boolean('recomputeScaleFactor', recomputeScaleFactor)
  }

  override forward(input: Tensor): Tensor {
    const { size, scaleFactor, mode, alignCorners, recomputeScaleFactor } = this
    return interpolate(input, size, scaleFactor, mode, alignCorners, recomputeScaleFactor)
  }

  override extraRepr(): string {
    const { size, scaleFactor, mode } = this
    const target =
      scaleFactor === null ? `size=${python(size)}` : `scale_factor=${pythonFloat(scaleFactor)}`
    return `${target}, mode=${printsBareMode ? mode : `'${mode}'`}`
  }
}

/**
 * Upsample of images `[N, C, H, W]` in mode 'nearest'.
 * @throws TypeError unless just one of `size` and `scaleFactor` is given
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.UpsamplingNearest2d.html
 */
export class UpsamplingNearest2d extends Upsample {
  constructor(options: UpsamplingOptions) {
    super(checkOptions('UpsamplingNearest2d', options, sizeNames))
  }
}

/**
 * Upsample of images `[N, C, H, W]` in mode 'bilinear' with `alignCorners`.
 * @throws TypeError unless just one of `size` and `scaleFactor` is given
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.UpsamplingBilinear2d.html
 */
export class UpsamplingBilinear2d extends Upsample {
  constructor(options: UpsamplingOptions) {
    const given = checkOptions<UpsamplingOptions>('UpsamplingBilinear2d', options, sizeNames)
    super({ ...given, mode: 'bilinear', alignCorners: true })
  }
}
