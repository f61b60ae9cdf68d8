/**
 * The `_foreach_` operators that steps are written with: one call for a list of tensors. Overloads
 * are named, so that no call has to choose.
 */
import { tensor } from '../data'
import { native } from '../native'
import { operator } from '../operators/call'
import type { Tensor } from '../tensor'

type Tensors = readonly Tensor[]
type Scalars = readonly number[]
type Unary = (self: Tensors) => Tensor[]
type InPlace<Rest extends unknown[]> = (self: Tensors, ...rest: Rest) => void

export const neg = operator<Unary>('_foreach_neg')
export const abs = operator<Unary>('_foreach_abs')
export const sqrt = operator<Unary>('_foreach_sqrt')
export const reciprocal = operator<Unary>('_foreach_reciprocal')
export const sqrt_ = operator<InPlace<[]>>('_foreach_sqrt_')

const scalars = { float32: new Map<number, Tensor>(), float64: new Map<number, Tensor>() }

/** `value` as a tensor of one element, made anew only where it is not among the last ones. */
function scalarTensor(value: number, dtype: 'float32' | 'float64'): Tensor {
  const known = scalars[dtype]
  const found = known.get(value)
  if (found) return found
  const made = tensor(value, { dtype })
  // The signs of zero would share a place.
  if (value === 0) return made
  if (known.size >= 64) known.clear()
  native.outliveScopes(made)
  known.set(value, made)
  return made
}

/**
 * An operator of a list and a number. libtorch makes a tensor of the number for each tensor of the list
 * and converts it to its dtype; on the CPU one that is made here does for all and gives the same bits,
 * in a third of the time.
 */
function withNumber<Result>(name: string): (self: Tensors, value: number) => Result {
  const ofScalar = operator<(self: Tensors, value: number) => Result>(`${name}.Scalar`)
  const ofList = operator<(self: Tensors, other: Tensors) => Result>(`${name}.List`)
  return (self, value) => {
    const first = self[0] as Tensor
    const dtype = native.dtype(first)
    if ((dtype !== 'float32' && dtype !== 'float64') || native.device(first) !== 'cpu')
      return ofScalar(self, value)
    return ofList(self, new Array<Tensor>(self.length).fill(scalarTensor(value, dtype)))
  }
}

export const add = withNumber<Tensor[]>('_foreach_add')
export const div = withNumber<Tensor[]>('_foreach_div')
export const add_ = withNumber<void>('_foreach_add_')
export const mul_ = withNumber<void>('_foreach_mul_')
export const div_ = withNumber<void>('_foreach_div_')

export const addScaled =
  operator<(self: Tensors, other: Tensors, alpha: { alpha: number }) => Tensor[]>(
    '_foreach_add.List'
  )

export const addScaled_ =
  operator<InPlace<[other: Tensors, alpha: { alpha: number }]>>('_foreach_add_.List')
export const mulList_ = operator<InPlace<[other: Tensors]>>('_foreach_mul_.List')
export const divList_ = operator<InPlace<[other: Tensors]>>('_foreach_div_.List')
export const maximum_ = operator<InPlace<[other: Tensors]>>('_foreach_maximum_.List')
export const lerp_ = operator<InPlace<[end: Tensors, weight: number]>>(
  '_foreach_lerp_.Scalar',
  '2.1'
)

export const addcmul =
  operator<(self: Tensors, a: Tensors, b: Tensors, value: number) => Tensor[]>(
    '_foreach_addcmul.Scalar'
  )
export const addcmul_ = operator<InPlace<[a: Tensors, b: Tensors, value: number]>>(
  '_foreach_addcmul_.Scalar'
)
export const addcdiv_ = operator<InPlace<[a: Tensors, b: Tensors, value: number]>>(
  '_foreach_addcdiv_.Scalar'
)
/** With a value for each tensor. */
export const addcdivEach_ = operator<InPlace<[a: Tensors, b: Tensors, values: Scalars]>>(
  '_foreach_addcdiv_.ScalarList'
)
