/**
 * The activations that a transformer's layers may have.
 */
import { typeError } from '../../../check'
import type { Tensor } from '../../../tensor'
import { relu } from '../../functional/activation'
import { gelu } from '../../functional/plain_activation'
import { GELU, ReLU } from '../activation'

/** By name, or any function or module of one tensor. */
export type Activation = 'relu' | 'gelu' | ((input: Tensor) => Tensor)

export function activationFunction(activation: unknown): (input: Tensor) => Tensor {
  if (activation === 'relu') return relu
  if (activation === 'gelu') return gelu
  if (typeof activation === 'function') return activation as (input: Tensor) => Tensor
  throw typeError('activation', "'relu', 'gelu', a function or an nn.Module", activation)
}

/** Which of the two that libtorch's whole layer knows it is; null for another. */
export function knownActivation(activation: (input: Tensor) => Tensor): 'relu' | 'gelu' | null {
  if (activation === relu || (activation as unknown) instanceof ReLU) return 'relu'
  if (activation === gelu || (activation as unknown) instanceof GELU) return 'gelu'
  return null
}
