/**
 * The `_foreach_` operators that steps are written with: one call for a list of tensors. Overloads
 * are named, so that no call has to choose.
 */
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

export const add = operator<(self: Tensors, scalar: number) => Tensor[]>('_foreach_add.Scalar')
export const addScaled =
  operator<(self: Tensors, other: Tensors, alpha: { alpha: number }) => Tensor[]>(
    '_foreach_add.List'
  )
export const div = operator<(self: Tensors, scalar: number) => Tensor[]>('_foreach_div.Scalar')

export const add_ = operator<InPlace<[scalar: number]>>('_foreach_add_.Scalar')
export const mul_ = operator<InPlace<[scalar: number]>>('_foreach_mul_.Scalar')
export const div_ = operator<InPlace<[scalar: number]>>('_foreach_div_.Scalar')
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
/** With a factor for each tensor. */
export const mulEach_ = operator<InPlace<[factors: Scalars]>>('_foreach_mul_.ScalarList')
