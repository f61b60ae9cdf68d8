/**
 * What operators take and give besides tensors, numbers, booleans and strings.
 */

/** A complex number. */
export interface Complex {
  re: number
  im: number
}

/** Python's number: an int, a float, a bool or a complex. */
export type Scalar = number | bigint | boolean | Complex

/** How the elements of a tensor are kept, by PyTorch's names. */
export type Layout =
  | 'strided'
  | 'sparse_coo'
  | 'sparse_csr'
  | 'sparse_csc'
  | 'sparse_bsr'
  | 'sparse_bsc'
  | 'mkldnn'

/** In which order a tensor's dimensions lie in memory, by PyTorch's names. */
export type MemoryFormat =
  | 'contiguous_format'
  | 'preserve_format'
  | 'channels_last'
  | 'channels_last_3d'

/** How the losses of single elements become one. */
export type Reduction = 'none' | 'mean' | 'sum'

/**
 * A value of libtorch that JavaScript cannot look into, such as the packed weights of
 * `ops.quantized.linear_prepack`; operators that take one of its kind take it back.
 */
export interface Opaque {
  /** Its type as schemas write it. */
  readonly kind: string
}
