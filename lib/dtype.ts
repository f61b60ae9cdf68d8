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
  | 'complex64'
  | 'complex128'

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
  complex64: 9,
  complex128: 10,
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

const itemSizes: Record<DType, number> = {
  uint8: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
  complex64: 8,
  complex128: 16,
  bool: 1,
  bfloat16: 2
}

/** Bytes of an element of `dtype`; a TypeError for anything else. */
export function itemSize(dtype: DType): number {
  dtypeCode(dtype)
  return itemSizes[dtype]
}

/** Whether autograd can follow tensors of `dtype`. */
export function isDifferentiable(dtype: DType): boolean {
  return dtype.includes('float') || dtype.includes('complex')
}
