/**
 * Masks of attention: what of a key or of a pair is not seen. True, or minus infinity, hides.
 */
import { rangeError, typeError } from '../../check'
import { zerosLike } from '../../creation'
import type { DType } from '../../dtype'
import { type Tensor, tensorArgument } from '../../tensor'
import { pad } from './vision'

export function isFloat(mask: Tensor): boolean {
  return mask.dtype.includes('float')
}

/** A mask that a user gave: of bool or floating point. */
export function maskArgument(name: string, mask: unknown): Tensor | null {
  if (mask === null || mask === undefined) return null
  const { dtype } = tensorArgument(name, mask)
  if (dtype === 'bool' || isFloat(mask as Tensor)) return mask as Tensor
  throw typeError(name, "a mask of dtype 'bool' or of floating point", dtype, "use to('bool')")
}

/** `mask` as what is added to the scores, of `dtype` if it was of bool. */
export function addedMask(name: string, mask: unknown, dtype: DType): Tensor | null {
  const given = maskArgument(name, mask)
  if (!given || isFloat(given)) return given
  return zerosLike(given, { dtype }).maskedFill_(given, Number.NEGATIVE_INFINITY)
}

/** A mask of pairs as `[1 or batch * heads, targets, sources]`. */
export function pairMask(
  mask: Tensor,
  batchTimesHeads: number,
  targets: number,
  sources: number
): Tensor {
  const { shape } = mask
  const wanted = [...(shape.length === 3 ? [batchTimesHeads] : []), targets, sources]
  if (shape.join() !== wanted.join()) {
    throw rangeError('attnMask', `shape [${wanted.join(', ')}]`, `[${shape.join(', ')}]`)
  }
  return shape.length === 2 ? mask.unsqueeze(0) : mask
}

/** `mask` with one more source, which is seen. */
export function withOneMore(mask: Tensor | null): Tensor | null {
  return mask && pad(mask, [0, 1])
}

/** A mask of keys `[batch, sources]` for every head: `[batch * heads, 1, sources]`. */
export function keyMask(padding: Tensor, batch: number, heads: number, sources: number): Tensor {
  const { shape } = padding
  if (shape.join() !== `${batch},${sources}`) {
    throw rangeError('keyPaddingMask', `shape [${batch}, ${sources}]`, `[${shape.join(', ')}]`)
  }
  return padding
    .view(batch, 1, 1, sources)
    .expand(-1, heads, -1, -1)
    .reshape(batch * heads, 1, sources)
}
