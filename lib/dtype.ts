/**
 * The element types of tensors, by PyTorch's names.
 * Source: https://pytorch.org/docs/stable/tensor_attributes.html
 */
import { typeError } from './check'

/** Name of an element type. Factories default to `'float32'`. */
export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'bool'

/** c10::ScalarType's numbers: part of libtorch's file formats, so they never change. */
const codes: Record<DType, number> = {
  uint8: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  float16: 5,
  float32: 6,
  float64: 7,
  bool: 11,
  bfloat16: 15
}

export function isDType(value: unknown): value is DType {
  return typeof value === 'string' && Object.hasOwn(codes, value)
}

/** The code of `dtype`; a TypeError that lists the names for anything else. */
export function dtypeCode(dtype: DType): number {
  if (!isDType(dtype)) throw typeError('dtype', `one of ${Object.keys(codes).join(', ')}`, dtype)
  return codes[dtype]
}
