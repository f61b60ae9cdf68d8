/**
 * Tensor: a multi-dimensional array on a device, with autograd. All values live in libtorch; an
 * object here holds only the number of its slot in the addon's table (native/tensor_table.h).
 */
import { inspect } from 'node:util'

import { backward } from './autograd/grad'
import { type GradientHook, type HookHandle, registerHook } from './autograd/hooks'
import { boolean, options as checkOptions, typeError } from './check'
import { youngCollector } from './collector'
import { type DType, dtypeCode, isDType } from './dtype'
import { edgeSelection, formatTensor } from './format'
import { native } from './native'
import { type TensorOperators, installMethods } from './operators'

const slot = Symbol('node-libtorch slot')

/** Numbers, nested by dimension. */
export type Nested<T> = T | Nested<T>[]

export interface BackwardOptions {
  /** d(loss)/d(this), of this tensor's shape; needed unless it has one element. Default null. */
  gradient?: Tensor | null
  /** Keep the graph for another backward. Default: the value of `createGraph`. */
  retainGraph?: boolean
  /** Build a graph of the derivative itself. Default false. */
  createGraph?: boolean
  /** The tensors that get a gradient, leaves or results. Default: all leaves. */
  inputs?: Tensor | readonly Tensor[]
}

const backwardOptions = ['gradient', 'retainGraph', 'createGraph', 'inputs']
const noOptions: BackwardOptions = {}

export interface Tensor extends TensorOperators {}

/**
 * A tensor. Made by `tensor()`, `zeros()` and their like, never by `new Tensor()`.
 * Source: https://pytorch.org/docs/stable/tensors.html
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the operators are installed below
export class Tensor {
  declare private [slot]: number

  /** @internal Called by the addon with the slot's number. */
  constructor(index: number) {
    if (typeof index !== 'number')
      throw typeError('new Tensor', 'no call by users', index, 'use tensor(data)')
    this[slot] = index
  }

  /** Sizes of the dimensions; `[]` for a scalar. */
  get shape(): number[] {
    return native.shape(this)
  }

  /** Number of dimensions. */
  get ndim(): number {
    return native.shape(this).length
  }

  /** Number of elements. */
  numel(): number {
    return native.shape(this).reduce((product, size) => product * size, 1)
  }

  /** Element type, such as `'float32'`. */
  get dtype(): DType {
    return native.dtype(this)
  }

  /** `'cpu'` or `'cuda:N'`. */
  get device(): string {
    return native.device(this)
  }

  /** Whether autograd follows operations on this tensor. Only floating-point tensors can. */
  get requiresGrad(): boolean {
    return native.requiresGrad(this)
  }

  set requiresGrad(flag: boolean) {
    native.setRequiresGrad(this, boolean('requiresGrad', flag))
  }

  /** Sets `requiresGrad` and returns this tensor. */
  requiresGrad_(flag = true): this {
    this.requiresGrad = flag
    return this
  }

  /** True unless the tensor is the result of an operation that autograd follows. */
  get isLeaf(): boolean {
    return native.isLeaf(this)
  }

  /** Name of the autograd node that made this tensor, such as `'AddBackward0'`; null for a leaf. */
  get gradFn(): string | null {
    return native.gradFn(this)
  }

  /** The accumulated gradient, of this tensor's shape; null before the first `backward()`. */
  get grad(): Tensor | null {
    return native.grad(this)
  }

  set grad(value: Tensor | null) {
    native.setGrad(this, value)
  }

  /**
   * Adds d(this)/d(leaf) to the `grad` of every leaf that requires it.
   * @throws Error where this tensor has more than one element and no `gradient` is given, or where
   * the graph was freed by an earlier call.
   * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html
   */
  backward(options?: BackwardOptions): void {
    const { gradient, retainGraph, createGraph, inputs } =
      options === undefined
        ? noOptions
        : checkOptions<BackwardOptions>('backward', options, backwardOptions)
    if (inputs !== undefined) {
      backward(this, { gradTensors: gradient, retainGraph, createGraph, inputs })
      return
    }
    if (retainGraph !== undefined) boolean('retainGraph', retainGraph)
    if (createGraph !== undefined) boolean('createGraph', createGraph)
    native.backward(this, gradient ?? null, retainGraph ?? null, createGraph ?? false)
  }

  /**
   * Calls `hook` with each gradient of this tensor that a backward finds; a tensor that it returns
   * takes the gradient's place. What `hook` throws, backward throws. Of this shape and dtype.
   *
   * The tensor holds the hook: one that uses its own tensor keeps both alive until `remove()`.
   * @throws Error where this tensor does not require grad
   * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.register_hook.html
   */
  registerHook(hook: GradientHook): HookHandle {
    return registerHook(this, hook)
  }

  /**
   * Has backward set the `grad` of this tensor though it is no leaf.
   * @throws Error where it does not require grad
   * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html
   */
  retainGrad(): void {
    native.retainGrad(this)
  }

  /** Whether this is no leaf and `retainGrad()` was called. */
  get retainsGrad(): boolean {
    return native.retainsGrad(this)
  }

  /**
   * The value of a tensor with one element: a number, a boolean for `bool`, a BigInt for an `int64`
   * beyond 2^53.
   * @throws TypeError for any other number of elements.
   */
  item(): number
  item<T extends number | bigint | boolean>(): T
  item(): number | bigint | boolean {
    return native.item(this)
  }

  /** A copy of the elements in row-major order; float16 and bfloat16 come as Float32Array. */
  toTypedArray(): ReturnType<typeof native.toTypedArray> {
    return native.toTypedArray(this)
  }

  /**
   * The elements as nested arrays (a plain value for a scalar). `int64` gives numbers where all are
   * within 2^53, else BigInts.
   */
  tolist(): Nested<number>
  tolist<T extends number | bigint | boolean>(): Nested<T>
  tolist(): Nested<number | bigint | boolean> {
    const values = elements(this)
    const shape = this.shape
    let next = 0
    const nest = (dim: number): Nested<number | bigint | boolean> =>
      dim === shape.length
        ? (values[next++] as number)
        : Array.from({ length: shape[dim] as number }, () => nest(dim + 1))
    return nest(0)
  }

  /**
   * This tensor on another device or in another dtype: `to('cuda')`, `to('float64')`,
   * `to({ device, dtype })`. The same tensor where nothing changes.
   * @throws TypeError for an unknown name, Error where CUDA is asked for and not there.
   */
  to(target: string | { device?: string; dtype?: DType }): Tensor {
    if (typeof target === 'string')
      return this.to(isDType(target) ? { dtype: target } : { device: target })
    const { device, dtype } = checkOptions<{ device?: string; dtype?: DType }>('to', target, [
      'device',
      'dtype'
    ])
    if (dtype !== undefined) dtypeCode(dtype)
    return toOptions.call(this, { device, dtype }) as Tensor
  }

  /** Frees the values now. Using the tensor afterwards throws; disposing of it twice does not. */
  dispose(): void {
    native.dispose(this)
  }

  [Symbol.dispose](): void {
    native.dispose(this)
  }

  /** As Python prints it. */
  toString(): string {
    const shape = this.shape
    const edges = edgeSelection(shape)
    let shown: Tensor = native.requiresGrad(this) ? this.detach() : this
    for (const [dim, kept] of (edges ?? []).entries()) {
      if (kept.length === shape[dim]) continue
      const half = kept.length / 2
      shown = cat(
        [shown.narrow(dim, 0, half), shown.narrow(dim, (shape[dim] as number) - half, half)],
        dim
      ) as Tensor
    }
    return formatTensor({
      shape,
      dtype: this.dtype,
      device: this.device,
      values: elements(shown),
      requiresGrad: this.requiresGrad,
      gradFn: this.gradFn
    })
  }

  [inspect.custom](): string {
    return this.toString()
  }

  /** `Number(loss)` and `loss < 0.1` read the value; `a + b` is refused, as it would lose the graph. */
  [Symbol.toPrimitive](hint: string): string | number {
    if (hint === 'string') return this.toString()
    if (hint === 'number') return Number(this.item())
    throw new TypeError(
      'Tensor: JavaScript has no operators on tensors; use a.add(b), or a.item() for a number'
    )
  }
}

/** The elements in row-major order, as plain values. */
function elements(tensor: Tensor): (number | bigint | boolean)[] {
  const data = native.toTypedArray(tensor)
  if (data[Symbol.toStringTag] === 'BigInt64Array') {
    const limit = BigInt(Number.MAX_SAFE_INTEGER)
    const safe = data.every((value) => value <= limit && value >= -limit)
    return safe ? Array.from(data as BigInt64Array, Number) : Array.from(data as BigInt64Array)
  }
  return tensor.dtype === 'bool' ? Array.from(data, Boolean) : Array.from(data as Float32Array)
}

native.install(Tensor, slot, youngCollector())
installMethods(Tensor.prototype)
const toOptions = native.operator('aten::to.dtype_layout', true) as (...args: unknown[]) => unknown
const cat = native.operator('aten::cat', false) as (...args: unknown[]) => unknown

/** The tensor in argument `name`; a TypeError that names it for anything else. */
export function tensorArgument(name: string, value: unknown): Tensor {
  if (!native.isTensor(value))
    throw typeError(name, 'a Tensor', value, 'make one with tensor(data)')
  return value
}

/** Whether `value` is a Tensor of this library and environment. */
export function isTensor(value: unknown): value is Tensor {
  return native.isTensor(value)
}
