/**
 * Parameters: the tensors of a module that an optimizer changes.
 */
import { boolean } from '../check'
import { type Tensor, isTensor, tensorArgument } from '../tensor'

const parameters = new WeakSet<Tensor>()

/** Marks `tensor` as a parameter, whatever its requiresGrad becomes later. */
export function markParameter(tensor: Tensor): Tensor {
  parameters.add(tensor)
  return tensor
}

/**
 * A tensor as a parameter of the module that it is assigned to: `this.scale = nn.Parameter(ones(3))`.
 * It shares the values of `data`, outside its graph.
 * @param requiresGrad default true
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
 */
export function Parameter(data: Tensor, requiresGrad = true): Tensor {
  const made = tensorArgument('data', data).detach()
  return markParameter(made.requiresGrad_(boolean('requiresGrad', requiresGrad)))
}

/** A parameter, or a leaf that requires a gradient: that is one from then on. */
export function isParameter(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null || !isTensor(value)) return false
  if (parameters.has(value)) return true
  const found = value.requiresGrad && value.isLeaf
  if (found) markParameter(value)
  return found
}

/** `tensor` if it is a parameter, else one that shares its values. */
export function asParameter(tensor: Tensor): Tensor {
  return isParameter(tensor) ? tensor : Parameter(tensor)
}
