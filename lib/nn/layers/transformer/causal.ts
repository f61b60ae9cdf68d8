/**
 * Masks that hide what comes later.
 */
import { full } from '../../../creation'
import type { DType } from '../../../dtype'
import type { Tensor } from '../../../tensor'

/** `[size, size]`: 0 up to the diagonal, minus infinity (true, of bool) beyond. */
export function causalMask(size: number, options: { device?: string; dtype?: DType }): Tensor {
  const hidden = options.dtype === 'bool' ? true : Number.NEGATIVE_INFINITY
  return full([size, size], hidden, options).triu(1)
}

/** The length of `input` `[S, N, E]`, batch first or last as `layer` has it, or `[S, E]`. */
export function sequenceLength({ shape }: Tensor, layer: unknown): number {
  const { self_attn } = layer as { self_attn?: { batchFirst?: boolean } }
  return shape[shape.length === 3 && self_attn?.batchFirst ? 1 : 0] as number
}

/** `said`, and where nothing was said whether `mask` is a causal one, which has to be looked at. */
export function isCausalMask(mask: Tensor | null, said: boolean | null, size: number): boolean {
  if (said !== null || !mask) return said === true
  const { device, dtype, shape } = mask
  return shape.join() === `${size},${size}` && mask.equal(causalMask(size, { device, dtype }))
}
