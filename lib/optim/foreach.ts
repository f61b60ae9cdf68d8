/**
 * The `_foreach_` operators that steps are written with: one call for a list of tensors. Overloads
 * are named, so that no call has to choose. Numbers may be `varying()`: a recorded step takes them anew.
 */
import { bindArgument, bindTensor, type Value, numberOf, type Varying } from '../compile/tape'
import { constantTensor } from '../data'
import { native } from '../native'
import { operator } from '../operators/call'
import type { Tensor } from '../tensor'

type Tensors = readonly Tensor[]
type Unary = (self: Tensors) => Tensor[]
type Binary<Result> = (self: Tensors, other: Tensors) => Result

export const neg = operator<Unary>('_foreach_neg')
export const abs = operator<Unary>('_foreach_abs')
export const sqrt = operator<Unary>('_foreach_sqrt')
export const reciprocal = operator<Unary>('_foreach_reciprocal')
export const sqrt_ = operator<(self: Tensors) => void>('_foreach_sqrt_')

const scalars = { float32: new Map<number, Tensor>(), float64: new Map<number, Tensor>() }

/** `value` as a tensor of one element, made anew only where it is not among the last ones. */
function scalarTensor(value: number, dtype: 'float32' | 'float64'): Tensor {
  const known = scalars[dtype]
  const found = known.get(value)
  if (found) return found
  const made = constantTensor(value, { dtype })
  // The signs of zero would share a place.
  if (value === 0) return made
  if (known.size >= 64) known.clear()
  native.outliveScopes(made)
  known.set(value, made)
  return made
}

/** `value` as a tensor of its own, which a recorded step fills anew. */
function varyingTensor(value: Varying, dtype: 'float32' | 'float64'): Tensor {
  const made = constantTensor(value.value, { dtype })
  bindTensor(made, value)
  return made
}

/**
 * An operator of a list and a number. libtorch makes a tensor of the number for each tensor of the list
 * and converts it to its dtype; on the CPU one that is made here does for all and gives the same bits,
 * in a third of the time.
 */
function withNumber<Result>(name: string): (self: Tensors, value: Value) => Result {
  const ofScalar = operator<(self: Tensors, value: number) => Result>(`${name}.Scalar`)
  const ofList = operator<Binary<Result>>(`${name}.List`)
  return (self, value) => {
    const first = self[0] as Tensor
    const dtype = native.dtype(first)
    if ((dtype !== 'float32' && dtype !== 'float64') || native.device(first) !== 'cpu') {
      const result = ofScalar(self, numberOf(value))
      bindArgument('scalar', value)
      return result
    }
    const other =
      typeof value === 'number' ? scalarTensor(value, dtype) : varyingTensor(value, dtype)
    return ofList(self, new Array<Tensor>(self.length).fill(other))
  }
}

export const add = withNumber<Tensor[]>('_foreach_add')
export const div = withNumber<Tensor[]>('_foreach_div')
export const add_ = withNumber<void>('_foreach_add_')
export const mul_ = withNumber<void>('_foreach_mul_')
export const div_ = withNumber<void>('_foreach_div_')

export const sub = operator<Binary<Tensor[]>>('_foreach_sub.List')
export const mulList_ = operator<Binary<void>>('_foreach_mul_.List')
export const divList_ = operator<Binary<void>>('_foreach_div_.List')
export const maximum_ = operator<Binary<void>>('_foreach_maximum_.List')

/** self + alpha * other. */
function withAlpha<Result>(name: string): (self: Tensors, other: Tensors, alpha: Value) => Result {
  const call = operator<(self: Tensors, other: Tensors, alpha: { alpha: number }) => Result>(name)
  return (self, other, alpha) => {
    const result = call(self, other, { alpha: numberOf(alpha) })
    bindArgument('alpha', alpha)
    return result
  }
}

export const addScaled = withAlpha<Tensor[]>('_foreach_add.List')
export const addScaled_ = withAlpha<void>('_foreach_add_.List')

const lerpScalar_ = operator<(self: Tensors, end: Tensors, weight: number) => void>(
  '_foreach_lerp_.Scalar',
  '2.1'
)

/** self + weight * (end - self). */
export function lerp_(self: Tensors, end: Tensors, weight: Value): void {
  lerpScalar_(self, end, numberOf(weight))
  bindArgument('weight', weight)
}

type WithValue<Result, Value> = (self: Tensors, a: Tensors, b: Tensors, value: Value) => Result

function withValue<Result>(name: string): WithValue<Result, Value> {
  const call = operator<WithValue<Result, number>>(name)
  return (self, a, b, value) => {
    const result = call(self, a, b, numberOf(value))
    bindArgument('value', value)
    return result
  }
}

export const addcmul = withValue<Tensor[]>('_foreach_addcmul.Scalar')
export const addcmul_ = withValue<void>('_foreach_addcmul_.Scalar')
export const addcdiv_ = withValue<void>('_foreach_addcdiv_.Scalar')
