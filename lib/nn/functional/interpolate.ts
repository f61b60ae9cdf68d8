/**
 * Images in another size.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 */
import { rangeError, typeError } from '../../check'
import type { Tensor } from '../../tensor'
import { defineFunction, operator, type Size } from '../define'
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from './pooling'

/** How elements between those of the input are found. libtorch 2.15 has 'lanczos', 1.13 not. */
export type InterpolationMode =
  | 'nearest'
  | 'nearest-exact'
  | 'linear'
  | 'bilinear'
  | 'bicubic'
  | 'trilinear'
  | 'area'
  | 'lanczos'

const areas = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d]
const nearest = [1, 2, 3].map((dims) => operator(`upsample_nearest${dims}d.vec`))
const nearestExact = [1, 2, 3].map((dims) => operator(`_upsample_nearest_exact${dims}d.vec`))
/** Modes that know `alignCorners`: how many dimensions they are for, and their operators. */
const smooth = {
  linear: { dims: 1, run: operator('upsample_linear1d.vec') },
  bilinear: { dims: 2, run: operator('upsample_bilinear2d.vec') },
  bicubic: { dims: 2, run: operator('upsample_bicubic2d.vec') },
  trilinear: { dims: 3, run: operator('upsample_trilinear3d.vec') },
  lanczos: { dims: 2, run: undefined }
}
const antialiased = {
  bilinear: operator('_upsample_bilinear2d_aa.vec'),
  bicubic: operator('_upsample_bicubic2d_aa.vec'),
  lanczos: operator('_upsample_lanczos2d_aa.vec')
}

function perDimension(name: string, given: Size, dims: number): readonly number[] {
  const each = typeof given === 'number' ? Array<number>(dims).fill(given) : given
  if (each.length !== dims) {
    throw rangeError(name, `${dims} numbers for an input of ${dims + 2} dimensions`, given)
  }
  return each
}

/** The output's size, or the factors that lead to it: the other one is null. */
function target(
  shape: readonly number[],
  size: Size | null,
  scaleFactor: Size | null,
  recompute: boolean
): { sizes: readonly number[] | null; factors: readonly number[] | null } {
  const dims = shape.length - 2
  if ((size === null) === (scaleFactor === null)) {
    throw typeError('interpolate', 'either size or scaleFactor', size === null ? size : scaleFactor)
  }
  if (size !== null) return { sizes: perDimension('size', size, dims), factors: null }
  const factors = perDimension('scaleFactor', scaleFactor as Size, dims)
  if (!recompute) return { sizes: null, factors }
  const sizes = factors.map((factor, d) => Math.floor((shape[d + 2] as number) * factor))
  return { sizes, factors: null }
}

function resample(
  input: Tensor,
  size: Size | null,
  scaleFactor: Size | null,
  mode: InterpolationMode,
  alignCorners: boolean | null,
  recomputeScaleFactor: boolean,
  antialias: boolean
): Tensor {
  const { shape } = input
  const dims = shape.length - 2
  if (dims < 1 || dims > 3) throw rangeError('interpolate', '3 to 5 dimensions', dims + 2)
  if (recomputeScaleFactor && size !== null) {
    throw typeError('recomputeScaleFactor', 'false with an explicit size', true)
  }
  if (antialias && !(mode in antialiased && dims === 2)) {
    throw typeError('antialias', `false with mode '${mode}' and ${dims + 2} dimensions`, true)
  }
  const recompute = recomputeScaleFactor || mode === 'area'
  const { sizes, factors } = target(shape, size, scaleFactor, recompute)
  if (mode === 'nearest' || mode === 'nearest-exact' || mode === 'area') {
    if (alignCorners !== null) {
      throw typeError('alignCorners', `null with mode '${mode}'`, alignCorners)
    }
    if (mode === 'area') return areas[dims - 1]!(input, sizes as readonly number[])
    return (mode === 'nearest' ? nearest : nearestExact)[dims - 1]!(input, sizes, factors)
  }
  if (!Object.hasOwn(smooth, mode)) {
    const modes = ['nearest', 'nearest-exact', 'area', ...Object.keys(smooth)]
    throw typeError('mode', modes.map((name) => `'${name}'`).join(', '), mode)
  }
  const { dims: wanted, run } = smooth[mode]
  if (dims !== wanted) {
    throw rangeError('interpolate', `${wanted + 2} dimensions for mode '${mode}'`, dims + 2)
  }
  if (antialias) {
    return antialiased[mode as keyof typeof antialiased](
      input,
      sizes,
      alignCorners ?? false,
      factors
    )
  }
  if (!run) throw typeError('antialias', `true with mode '${mode}'`, antialias)
  return run(input, sizes, alignCorners ?? false, factors)
}

/**
 * The input `[N, C, ...]` in another size: `size` of the spatial dimensions, or `scaleFactor` times
 * theirs. `mode` 'nearest' (default), 'nearest-exact' and 'area' for 3 to 5 dimensions, 'linear' for
 * 3, 'bilinear', 'bicubic' and 'lanczos' for 4, 'trilinear' for 5. `alignCorners` keeps the corners'
 * values; `antialias` is for shrinking with 'bilinear', 'bicubic' and 'lanczos'.
 * @throws TypeError, RangeError for options that do not go together
 */
export const interpolate = defineFunction(
  'interpolate',
  ['input', 'size', 'scaleFactor', 'mode', 'alignCorners', 'recomputeScaleFactor', 'antialias'],
  (
    input: Tensor,
    size: Size | null = null,
    scaleFactor: Size | null = null,
    mode: InterpolationMode = 'nearest',
    alignCorners: boolean | null = null,
    recomputeScaleFactor: boolean | null = null,
    antialias = false
  ) =>
    resample(input, size, scaleFactor, mode, alignCorners, recomputeScaleFactor ?? false, antialias)
)

/** interpolate by its older name. */
export const upsample = defineFunction(
  'upsample',
  ['input', 'size', 'scaleFactor', 'mode', 'alignCorners'],
  (
    input: Tensor,
    size: Size | null = null,
    scaleFactor: Size | null = null,
    mode: InterpolationMode = 'nearest',
    alignCorners: boolean | null = null
  ) => resample(input, size, scaleFactor, mode, alignCorners, false, false)
)

/** interpolate in mode 'nearest'. */
export const upsampleNearest = defineFunction(
  'upsampleNearest',
  ['input', 'size', 'scaleFactor'],
  (input: Tensor, size: Size | null = null, scaleFactor: Size | null = null) =>
    resample(input, size, scaleFactor, 'nearest', null, false, false)
)

/** interpolate in mode 'bilinear' with `alignCorners`. */
export const upsampleBilinear = defineFunction(
  'upsampleBilinear',
  ['input', 'size', 'scaleFactor'],
  (input: Tensor, size: Size | null = null, scaleFactor: Size | null = null) =>
    resample(input, size, scaleFactor, 'bilinear', true, false, false)
)
