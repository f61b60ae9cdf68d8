/**
 * Batches out of tensors.
 */
import type { Tensor } from '../tensor'

/** The samples at places `from` to `from + length` of `order`, of all `data` where it is null. */
export function gather(
  data: readonly Tensor[],
  order: Tensor | null,
  from: number,
  length: number
): Tensor[] {
  if (order === null)
    return data.map((tensor) =>
      length === tensor.shape[0] ? tensor : tensor.narrow(0, from, length)
    )
  const index = order.narrow(0, from, length)
  return data.map((tensor) =>
    tensor.indexSelect(0, tensor.device === 'cpu' ? index : index.to({ device: tensor.device }))
  )
}
