/**
 * Where and in which dtype a layer makes its tensors.
 */
import type { DType } from '../../dtype'

export interface FactoryOptions {
  /** Default `'cpu'`. */
  device?: string
  /** Default `'float32'`. */
  dtype?: DType
}
