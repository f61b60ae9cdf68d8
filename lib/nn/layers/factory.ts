/**
 * Where and in which dtype a layer makes its tensors.
 */
import { typeError } from '../../check'
import { empty } from '../../creation'
import { type DType, isDType } from '../../dtype'
import type { Tensor } from '../../tensor'
import { Parameter } from '../parameter'

export interface FactoryOptions {
  /** Default `'cpu'`. */
  device?: string
  /** Default `'float32'`. */
  dtype?: DType
}

/**
 * A parameter whose first values are still to be drawn.
 * @throws TypeError for a dtype that has no gradients
 */
export function emptyParameter(shape: readonly number[], options: FactoryOptions): Tensor {
  const { device, dtype = 'float32' } = options
  if (!isDType(dtype) || !dtype.includes('float')) {
    throw typeError('dtype', 'a floating-point dtype', dtype)
  }
  return Parameter(empty(shape, { device, dtype }))
}
