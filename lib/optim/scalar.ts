/**
 * Arithmetic on numbers and tensors of one element with Python's rules: two numbers give a number, in
 * double precision; a tensor on either side gives a tensor, rounded to its dtype.
 */
import { operator } from '../operators/call'
import type { Tensor } from '../tensor'

export type Scalar = number | Tensor

type Binary = (a: Tensor, b: Scalar) => Tensor

const [addOp, subOp, mulOp, divOp, rsubOp, ltOp, leOp, gtOp, geOp] = [
  'add',
  'sub',
  'mul',
  'div',
  'rsub',
  'lt',
  'le',
  'gt',
  'ge'
].map((name) => operator<Binary>(name)) as [
  Binary,
  Binary,
  Binary,
  Binary,
  Binary,
  Binary,
  Binary,
  Binary,
  Binary
]
const reciprocalOp = operator<(a: Tensor) => Tensor>('reciprocal')

export function value(a: Scalar): number {
  return typeof a === 'number' ? a : (a.item() as number)
}

export function add(a: Scalar, b: Scalar): Scalar {
  if (typeof a !== 'number') return addOp(a, b)
  return typeof b === 'number' ? a + b : addOp(b, a)
}

export function sub(a: Scalar, b: Scalar): Scalar {
  if (typeof a !== 'number') return subOp(a, b)
  return typeof b === 'number' ? a - b : rsubOp(b, a)
}

export function mul(a: Scalar, b: Scalar): Scalar {
  if (typeof a !== 'number') return mulOp(a, b)
  return typeof b === 'number' ? a * b : mulOp(b, a)
}

/** Python divides a number by a tensor as reciprocal(b) * a. */
export function div(a: Scalar, b: Scalar): Scalar {
  if (typeof a !== 'number') return divOp(a, b)
  return typeof b === 'number' ? a / b : mulOp(reciprocalOp(b), a)
}

export function absolute(a: Scalar): Scalar {
  return typeof a === 'number' ? Math.abs(a) : a.abs()
}

export function less(a: Scalar, b: Scalar): boolean {
  if (typeof a !== 'number') return Boolean(ltOp(a, b).item())
  return typeof b === 'number' ? a < b : Boolean(gtOp(b, a).item())
}

export function lessEqual(a: Scalar, b: Scalar): boolean {
  if (typeof a !== 'number') return Boolean(leOp(a, b).item())
  return typeof b === 'number' ? a <= b : Boolean(geOp(b, a).item())
}

/** The first of the smallest, as Python's min(). */
export function least(a: Scalar, b: Scalar): Scalar {
  return less(b, a) ? b : a
}

/** The first of the largest, as Python's max(). */
export function most(a: Scalar, b: Scalar): Scalar {
  return less(a, b) ? b : a
}
