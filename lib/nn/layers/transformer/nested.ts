/**
 * Batches without their padding, as libtorch's nested tensors. They have no shape that could be asked
 * for, so it is written down here which tensors are nested.
 */
import { rangeError } from '../../../check'
import type { Tensor } from '../../../tensor'
import { operator } from '../../define'
import { isBefore } from '../../version'

const isAligned = operator<(input: Tensor, seen: Tensor) => boolean>(
  '_nested_tensor_from_mask_left_aligned'
)
const fromMask = operator('_nested_tensor_from_mask')
const toPadded = operator(isBefore(1, 14) ? 'nested_to_padded_tensor' : 'to_padded_tensor')
const nested = new WeakSet<Tensor>()

export function isNested(tensor: Tensor): boolean {
  return nested.has(tensor)
}

/** Declares that an operator made `tensor` from a nested one. */
export function markNested(tensor: Tensor): Tensor {
  nested.add(tensor)
  return tensor
}

/** Whether `padding` `[N, S]` hides only what comes last of each sequence of `input`. */
export function isLeftAligned(input: Tensor, padding: Tensor): boolean {
  const [batch, length] = input.shape as [number, number]
  if (padding.shape.join() !== `${batch},${length}`) {
    const got = `[${padding.shape.join(', ')}]`
    throw rangeError('srcKeyPaddingMask', `shape [${batch}, ${length}]`, got)
  }
  return isAligned(input, padding.logicalNot())
}

/** `input` `[N, S, E]` without what `padding` hides. */
export function withoutPadding(input: Tensor, padding: Tensor): Tensor {
  return markNested(fromMask(input, padding.logicalNot(), { mask_check: false }))
}

/** `tensor` with zeros for padding: of `shape`, before 2.0 only up to the longest sequence. */
export function withPadding(tensor: Tensor, shape: readonly number[]): Tensor {
  return isBefore(2, 0) ? toPadded(tensor, 0) : toPadded(tensor, 0, shape)
}
