/**
 * The elements of a tensor as plain values: nested in arrays, and as Python prints them.
 */
import { type Scalar, edgeSelection, formatTensor } from './format'
import { native } from './native'
import type { Tensor } from './tensor'

/** Numbers, nested by dimension. */
export type Nested<T> = T | Nested<T>[]

/** In row-major order. */
function elements(tensor: Tensor): Scalar[] {
  const data = native.toTypedArray(tensor)
  const dtype = native.dtype(tensor)
  if (dtype === 'complex64' || dtype === 'complex128') {
    const parts = data as Float64Array
    return Array.from({ length: parts.length / 2 }, (_, i) => ({
      re: parts[2 * i] as number,
      im: parts[2 * i + 1] as number
    }))
  }
  if (data[Symbol.toStringTag] === 'BigInt64Array') {
    const limit = BigInt(Number.MAX_SAFE_INTEGER)
    const safe = data.every((value) => value <= limit && value >= -limit)
    return safe ? Array.from(data as BigInt64Array, Number) : Array.from(data as BigInt64Array)
  }
  return dtype === 'bool' ? Array.from(data, Boolean) : Array.from(data as Float32Array)
}

/** An array for each dimension; a plain value for a scalar. */
export function nested(tensor: Tensor): Nested<Scalar> {
  const values = elements(tensor)
  const shape = native.shape(tensor)
  let next = 0
  const nest = (dim: number): Nested<Scalar> =>
    dim === shape.length
      ? (values[next++] as Scalar)
      : Array.from({ length: shape[dim] as number }, () => nest(dim + 1))
  return nest(0)
}

const cat = native.operator('aten::cat', false) as (...args: unknown[]) => unknown

/** As Python prints it. Of a large tensor only what is shown is read. */
export function printed(tensor: Tensor): string {
  const shape = native.shape(tensor)
  const requiresGrad = native.requiresGrad(tensor)
  let shown: Tensor = requiresGrad ? tensor.detach() : tensor
  for (const [dim, kept] of (edgeSelection(shape) ?? []).entries()) {
    const size = shape[dim] as number
    if (kept.length === size) continue
    const half = kept.length / 2
    shown = cat([shown.narrow(dim, 0, half), shown.narrow(dim, size - half, half)], dim) as Tensor
  }
  return formatTensor({
    shape,
    dtype: native.dtype(tensor),
    device: native.device(tensor),
    values: elements(shown),
    requiresGrad,
    gradFn: native.gradFn(tensor)
  })
}
