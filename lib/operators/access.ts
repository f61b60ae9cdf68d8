/**
 * What short_call.ts may do with tensors, and nobody else: lib/tensor.ts fills it in, where Tensor's
 * private field is in reach.
 */
import type { Tensor } from '../tensor'

export const access = {} as {
  /** The slot of a tensor, also of one that was disposed of; -1 for any other value. */
  slotOf: (value: unknown) => number
  /** An object for a tensor that is yet to come. */
  fresh: () => Tensor
  /** Gives such an object its slot. */
  settle: (tensor: Tensor, index: number) => Tensor
}
