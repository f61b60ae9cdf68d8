/**
 * Parameters before their first values are drawn.
 */
import { typeError } from '../../check'
import { empty } from '../../creation'
import { type DType, isDType } from '../../dtype'
import type { Tensor } from '../../tensor'
import { Parameter } from '../parameter'

/** Where a layer's parameters lie. */
export interface ParameterOptions {
  /** Default `'cpu'`. */
  device?: string
  /** Default `'float32'`. */
  dtype?: DType
}

/** @throws TypeError for a dtype that has no gradients */
export function emptyParameter(shape: readonly number[], options: ParameterOptions): Tensor {
  const { device, dtype = 'float32' } = options
  if (!isDType(dtype) || !dtype.includes('float')) {
    throw typeError('dtype', 'a floating-point dtype', dtype)
  }
  return Parameter(empty(shape, { device, dtype }))
}
