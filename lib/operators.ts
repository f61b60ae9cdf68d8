/**
 * Operators as methods of Tensor and as functions of the package. None is bound by hand: each name
 * here is looked up in the loaded libtorch and called by its schema (native/operator_call.cc).
 *
 * Conventions, as in PyTorch: positional arguments, then keyword arguments in a trailing object
 * (`x.sum(1, { keepdim: true })`); sizes as one array or one by one (`x.reshape(2, 3)`); a name that
 * ends in `_` works in place and returns the same tensor.
 * Source: https://pytorch.org/docs/stable/torch.html
 */
import type { DType } from './dtype'
import { snakeCase } from './names'
import { native } from './native'
import { shortFunction, shortMethod } from './short_call'
import type { Tensor } from './tensor'

type Operand = Tensor | number | bigint
type Reduce = { dim?: number | number[]; keepdim?: boolean; dtype?: DType }

/** Operators that are methods of Tensor. Shapes broadcast unless said otherwise. */
export interface TensorOperators {
  /** this + alpha * other */
  add(other: Operand, options?: { alpha?: number }): Tensor
  add_(other: Operand, options?: { alpha?: number }): this
  /** this - alpha * other */
  sub(other: Operand, options?: { alpha?: number }): Tensor
  sub_(other: Operand, options?: { alpha?: number }): this
  /** this * other, element by element */
  mul(other: Operand): Tensor
  mul_(other: Operand): this
  /** this / other; `roundingMode` 'trunc' or 'floor' for whole quotients */
  div(other: Operand, options?: { roundingMode?: 'trunc' | 'floor' }): Tensor
  div_(other: Operand, options?: { roundingMode?: 'trunc' | 'floor' }): this
  neg(): Tensor
  abs(): Tensor
  pow(exponent: Operand): Tensor
  square(): Tensor
  sqrt(): Tensor
  exp(): Tensor
  log(): Tensor
  sin(): Tensor
  cos(): Tensor
  clamp(min?: number | null, max?: number | null): Tensor

  /** Matrix product: [n, k] x [k, m] -> [n, m]; vectors and batches as in PyTorch. */
  matmul(other: Tensor): Tensor
  mm(other: Tensor): Tensor
  /** [n] x [n] -> [] */
  dot(other: Tensor): Tensor
  /** [n, m] -> [m, n] */
  t(): Tensor

  /** Sum of all elements, or over `dim`. */
  sum(options?: Reduce): Tensor
  sum(dim: number | number[], keepdim?: boolean, options?: { dtype?: DType }): Tensor
  sum(dim: number | number[], options: { keepdim?: boolean; dtype?: DType }): Tensor
  /** Mean of all elements, or over `dim`. */
  mean(options?: Reduce): Tensor
  mean(dim: number | number[], keepdim?: boolean, options?: { dtype?: DType }): Tensor
  mean(dim: number | number[], options: { keepdim?: boolean; dtype?: DType }): Tensor
  std(dim?: number | number[], unbiased?: boolean, keepdim?: boolean): Tensor
  var(dim?: number | number[], unbiased?: boolean, keepdim?: boolean): Tensor
  /** Largest element; with `dim` a pair [values, indices]. */
  max(): Tensor
  max(other: Tensor): Tensor
  max(dim: number, keepdim?: boolean): [Tensor, Tensor]
  /** Smallest element; with `dim` a pair [values, indices]. */
  min(): Tensor
  min(other: Tensor): Tensor
  min(dim: number, keepdim?: boolean): [Tensor, Tensor]
  argmax(dim?: number | null, keepdim?: boolean): Tensor
  argmin(dim?: number | null, keepdim?: boolean): Tensor
  /** The p-norm, default 2. */
  norm(p?: number): Tensor
  all(): Tensor
  any(): Tensor

  /** max(this, 0) */
  relu(): Tensor
  /** 1 / (1 + exp(-this)) */
  sigmoid(): Tensor
  tanh(): Tensor
  /** exp(this) / sum(exp(this)) along `dim` */
  softmax(dim: number, options?: { dtype?: DType }): Tensor
  logSoftmax(dim: number, options?: { dtype?: DType }): Tensor

  /** Slice `index` of dimension `dim`, which goes. A view. */
  select(dim: number, index: number): Tensor
  /** `length` slices of dimension `dim` from `start` on. A view. */
  narrow(dim: number, start: number, length: number): Tensor
  /** start:end:step of dimension `dim`. A view. */
  slice(dim?: number, start?: number | null, end?: number | null, step?: number): Tensor
  /** The slices of dimension `dim` whose numbers `index` (int64) lists. A copy. */
  indexSelect(dim: number, index: Tensor): Tensor

  /** The same elements in another shape; one size may be -1. */
  reshape(...shape: number[]): Tensor
  reshape(shape: number[]): Tensor
  view(...shape: number[]): Tensor
  view(shape: number[]): Tensor
  /** The same bits read as another dtype. */
  view(dtype: DType): Tensor
  /** With dimensions `dim0` and `dim1` exchanged. A view. */
  transpose(dim0: number, dim1: number): Tensor
  permute(...dims: number[]): Tensor
  permute(dims: number[]): Tensor
  flatten(startDim?: number, endDim?: number): Tensor
  squeeze(dim?: number): Tensor
  unsqueeze(dim: number): Tensor
  expand(...shape: number[]): Tensor
  expand(shape: number[]): Tensor
  contiguous(): Tensor

  /** Element-wise comparisons give `bool` tensors. */
  eq(other: Operand): Tensor
  ne(other: Operand): Tensor
  lt(other: Operand): Tensor
  le(other: Operand): Tensor
  gt(other: Operand): Tensor
  ge(other: Operand): Tensor
  /** Whether shape and all elements are equal. */
  equal(other: Tensor): boolean
  /** Whether |this - other| <= atol + rtol * |other| everywhere. Defaults 1e-5 and 1e-8. */
  allclose(other: Tensor, rtol?: number, atol?: number, equalNan?: boolean): boolean
  isnan(): Tensor
  isfinite(): Tensor

  /** The same values outside the graph. A view. */
  detach(): Tensor
  /** A copy that autograd follows. */
  clone(): Tensor
  copy_(source: Tensor): this
  fill_(value: Operand): this
  zero_(): this
  /** Fills with draws from U(from, to), default U(0, 1). */
  uniform_(from?: number, to?: number): this
  /** Fills with draws from N(mean, std^2), default N(0, 1). */
  normal_(mean?: number, std?: number): this
}

const methods: Record<keyof TensorOperators, true> = {
  add: true,
  add_: true,
  sub: true,
  sub_: true,
  mul: true,
  mul_: true,
  div: true,
  div_: true,
  neg: true,
  abs: true,
  pow: true,
  square: true,
  sqrt: true,
  exp: true,
  log: true,
  sin: true,
  cos: true,
  clamp: true,
  matmul: true,
  mm: true,
  dot: true,
  t: true,
  sum: true,
  mean: true,
  std: true,
  var: true,
  max: true,
  min: true,
  argmax: true,
  argmin: true,
  norm: true,
  all: true,
  any: true,
  relu: true,
  sigmoid: true,
  tanh: true,
  softmax: true,
  logSoftmax: true,
  select: true,
  narrow: true,
  slice: true,
  indexSelect: true,
  reshape: true,
  view: true,
  transpose: true,
  permute: true,
  flatten: true,
  squeeze: true,
  unsqueeze: true,
  expand: true,
  contiguous: true,
  eq: true,
  ne: true,
  lt: true,
  le: true,
  gt: true,
  ge: true,
  equal: true,
  allclose: true,
  isnan: true,
  isfinite: true,
  detach: true,
  clone: true,
  copy_: true,
  fill_: true,
  zero_: true,
  uniform_: true,
  normal_: true
}

function lookUp(name: string, method: boolean): (...args: unknown[]) => unknown {
  const found = native.operator(`aten::${snakeCase(name)}`, method)
  const short = native.shortOperator(`aten::${snakeCase(name)}`)
  if (found && short) return method ? shortMethod(short, found) : shortFunction(short, found)
  if (found) return found
  return () => {
    const version = native.buildInfo().libtorch
    throw new Error(
      `${name}: the loaded libtorch ${version} has no operator of this name; use a newer one`
    )
  }
}

/** Puts every operator of TensorOperators on `prototype`. */
export function installMethods(prototype: object): void {
  for (const name of Object.keys(methods)) {
    Object.defineProperty(prototype, name, {
      value: lookUp(name, true),
      writable: true,
      configurable: true
    })
  }
}

/** A method of Tensor as a function whose first argument is the tensor. */
type AsFunction<Name extends keyof TensorOperators> = (
  input: Tensor,
  ...args: Parameters<Tensor[Name]>
) => ReturnType<Tensor[Name]>

function asFunction<Name extends keyof TensorOperators>(name: Name): AsFunction<Name> {
  return lookUp(name, false) as AsFunction<Name>
}

export const add = asFunction('add')
export const sub = asFunction('sub')
export const mul = asFunction('mul')
export const div = asFunction('div')
export const abs = asFunction('abs')
export const pow = asFunction('pow')
export const sqrt = asFunction('sqrt')
export const exp = asFunction('exp')
export const log = asFunction('log')
export const matmul = asFunction('matmul')
export const sum = lookUp('sum', false) as (input: Tensor, options?: Reduce) => Tensor
export const mean = lookUp('mean', false) as (input: Tensor, options?: Reduce) => Tensor
export const relu = asFunction('relu')
export const sigmoid = asFunction('sigmoid')
export const tanh = asFunction('tanh')
export const softmax = asFunction('softmax')
export const allclose = asFunction('allclose')
export const equal = asFunction('equal')
/** Joins tensors along an existing dimension, default 0. */
export const cat = lookUp('cat', false) as (tensors: Tensor[], dim?: number) => Tensor
/** Joins tensors of one shape along a new dimension, default 0. */
export const stack = lookUp('stack', false) as (tensors: Tensor[], dim?: number) => Tensor

/** Any operator of a namespace: `ops.aten.addmm(bias, x, w)`, one overload as `ops.aten.add.Tensor`. */
export type OperatorNamespace = Record<
  string,
  ((...args: unknown[]) => unknown) & Record<string, (...args: unknown[]) => unknown>
>

function operatorOf(namespace: string, name: string): unknown {
  const found = native.operator(`${namespace}::${name}`, false)
  if (!found) return undefined
  return new Proxy(found, {
    get: (target, overload) =>
      typeof overload === 'string' && !(overload in target)
        ? (native.operator(`${namespace}::${name}.${overload}`, false) ?? undefined)
        : Reflect.get(target, overload)
  })
}

/** Every operator of the loaded libtorch, by its own name, such as `ops.aten.index_select`. */
export const ops = new Proxy(
  {} as { aten: OperatorNamespace } & Record<string, OperatorNamespace>,
  {
    get: (namespaces, namespace: string) =>
      (namespaces[namespace] ??= new Proxy({} as OperatorNamespace, {
        get: (known, name) =>
          typeof name === 'string'
            ? (known[name] ??= operatorOf(namespace, name) as never)
            : undefined
      }))
  }
)
