/**
 * How lists and dictionaries of parameters print their values.
 */
import type { DType } from '../../dtype'
import { type Tensor, isTensor } from '../../tensor'
import { isParameter } from '../parameter'
import { isBefore } from '../version'

const typeNames: Record<DType, string> = {
  float32: 'Float',
  float64: 'Double',
  float16: 'Half',
  bfloat16: 'BFloat16',
  int64: 'Long',
  int32: 'Int',
  int16: 'Short',
  int8: 'Char',
  uint8: 'Byte',
  bool: 'Bool',
  complex64: 'ComplexFloat',
  complex128: 'ComplexDouble'
}

/** Python's name of a tensor's type: `torch.FloatTensor`. */
function typeName({ dtype, device }: Tensor): string {
  return `torch.${device === 'cpu' ? '' : 'cuda.'}${typeNames[dtype]}Tensor`
}

/** Python's name of the type of what is no tensor. */
function className(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'boolean') return 'bool'
  if (Array.isArray(value)) return 'list'
  return value.constructor?.name ?? 'object'
}

function place(device: string): string {
  if (device === 'cpu') return ''
  return isBefore(2, 0) ? ` (GPU ${device.replace('cuda:', '')})` : ` (${device})`
}

/** A line for each value; lists name the dtype, dictionaries the type. */
export function described(entries: Iterable<[string, unknown]>, kind: 'list' | 'dict'): string {
  const lines = [...entries].map(([key, value]) => {
    if (!isTensor(value)) return `  (${key}): Object of type: ${className(value)}`
    const role = isParameter(value) ? 'Parameter' : 'Tensor'
    const type = kind === 'list' ? `torch.${value.dtype}` : typeName(value)
    const size = value.shape.join('x')
    return `  (${key}): ${role} containing: [${type} of size ${size}${place(value.device)}]`
  })
  return lines.join('\n')
}
