/**
 * Tensor: a multi-dimensional array on a device, with autograd. All values live in libtorch; an
 * object here holds only the number of its slot in the addon's table (native/tensor_table.h).
 */
import { inspect } from 'node:util'

import { type BackwardOptions, backwardFrom } from './autograd/grad'
import { type GradientHook, type HookHandle, registerHook } from './autograd/hooks'
import { boolean, options as checkOptions, typeError } from './check'
import { youngCollector } from './collector'
import { refuse } from './compile/tape'
import { type TensorConversions, installConversions } from './conversions'
import { type DType, dtypeCode, isDType } from './dtype'
import { type Nested, nested, printed } from './elements'
import type { Scalar } from './format'
import * as indexing from './indexing'
import type { Index, IndexPutOptions } from './indexing'
import { native } from './native'
import { access } from './operators/access'
import type { TensorOperators } from './operators/generated'
import { installMethods } from './operators/methods'
import type { Complex } from './values'

/** Where the addon reads the slot's number. */
const slot = Symbol('node-libtorch slot')
/** What the addon, and nobody else, gives to the constructor. */
const key = Symbol('node-libtorch key')

// The name is the error message: structured cloning says "function NAME() {} could not be cloned".
function useToMessageToSendTensors() {}

let watch: ((tensor: Tensor) => void) | null = null
/** Has `watcher` called with every new tensor; null for none. */
export function watchTensors(watcher: ((tensor: Tensor) => void) | null): void {
  watch = watcher
}

export interface Tensor extends TensorOperators, TensorConversions {}

/**
 * A tensor. Made by `tensor()`, `zeros()` and their like, never by `new Tensor()`.
 * Source: https://pytorch.org/docs/stable/tensors.html
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the operators are installed below
export class Tensor {
  declare private [slot]: number
  /** The same number where only this file reaches it: nobody can forge or copy it. */
  #slot: number

  /** Without it postMessage() and structuredClone() would silently make an empty object. */
  declare private readonly uncloneable: () => void

  /** @internal Called by the addon with the slot's number. */
  constructor(index: number, itsKey: symbol) {
    if (itsKey !== key) throw typeError('new Tensor', 'no call by users', index, 'use tensor(data)')
    this.#slot = index
    this[slot] = index
    this.uncloneable = useToMessageToSendTensors
    if (watch !== null) watch(this)
  }

  static {
    access.slotOf = (value) =>
      typeof value === 'object' && value !== null && #slot in value ? value.#slot : -1
    access.fresh = () => new Tensor(-1, key)
    access.settle = (tensor, index) => {
      tensor.#slot = index
      tensor[slot] = index
      return tensor
    }
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
    backwardFrom(this, options)
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
   * beyond 2^53, `{ re, im }` for a complex dtype.
   * @throws TypeError for any other number of elements.
   */
  item(): number
  item<T extends number | bigint | boolean | Complex>(): T
  item(): number | bigint | boolean | Complex {
    refuseRead('item()')
    return native.item(this)
  }

  /**
   * A copy of the elements in row-major order. float16 and bfloat16 come as Float32Array (their bits
   * as `view('int16')`), complex64 and complex128 as Float32Array and Float64Array of twice the
   * length: re, im, re, im, ...
   */
  toTypedArray(): ReturnType<typeof native.toTypedArray> {
    refuseRead('toTypedArray()')
    return native.toTypedArray(this)
  }

  /**
   * The elements as nested arrays (a plain value for a scalar). `int64` gives numbers where all are
   * within 2^53, else BigInts; complex dtypes give `{ re, im }`.
   */
  tolist(): Nested<number>
  tolist<T extends number | bigint | boolean | Complex>(): Nested<T>
  tolist(): Nested<Scalar> {
    refuseRead('tolist()')
    return nested(this)
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

  /**
   * A part, as Python's `t[...]`: `t.index(0, ':', '1:3', '...', null, mask, indexTensor)`. A view
   * where numbers, slices, `'...'` and null alone are used, else a copy.
   * @throws TypeError for what is no index, RangeError where one is out of range.
   */
  index(...indices: Index[]): Tensor {
    return indexing.index(this, indices)
  }

  /**
   * Python's `t[...] = value`, in place: `t.indexPut_([0, ':'], 1)`. `value` broadcasts to the part.
   * @throws TypeError, RangeError as `index()`, Error where the value does not fit the part.
   */
  indexPut_(indices: Index[], value: Tensor | number | boolean, options?: IndexPutOptions): this {
    indexing.indexPut(this, indices, value, options)
    return this
  }

  /** As `indexPut_()`, on a copy. */
  indexPut(indices: Index[], value: Tensor | number | boolean, options?: IndexPutOptions): Tensor {
    return this.clone().indexPut_(indices, value, options)
  }

  /**
   * One entry, as a tensor without dimensions: `t.at(1, -1).item()`. Fewer numbers than dimensions
   * give a part. A view.
   */
  at(...indices: number[]): Tensor {
    return indexing.at(this, indices)
  }

  /** The parts along the first dimension, views. */
  [Symbol.iterator](): Iterator<Tensor> {
    if (this.ndim === 0)
      throw typeError('tensor', 'at least one dimension to iterate over', 0, 'use item()')
    return (unbind.call(this) as Tensor[])[Symbol.iterator]()
  }

  /**
   * Moves the memory of this tensor, and with it that of all its views, into a SharedArrayBuffer, so
   * that `toMessage` sends it to workers without a copy. In place: a parameter stays a parameter.
   * It can no longer be resized.
   * @throws TypeError unless it is a dense tensor on the CPU
   * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.share_memory_.html
   */
  shareMemory_(): this {
    refuse('Tensor.shareMemory_()', 'call it before the step')
    const bytes = native.storageBytes(this)
    if (!native.isShared(this)) {
      native.moveStorage(this, new Uint8Array(new SharedArrayBuffer(bytes)))
    }
    return this
  }

  /** Whether its memory is a SharedArrayBuffer. */
  isShared(): boolean {
    return native.isShared(this)
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
    refuseRead('toString()')
    return printed(this)
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

function refuseRead(method: string): void {
  refuse(`Tensor.${method}`, 'return the tensor from the step, and read it after that')
}

// Jest, to print what differs, reads every getter of a prototype, and some refuse some tensors (H, imag).
Object.defineProperty(Tensor.prototype, Symbol.for('@jest/serializableProperties'), { value: [] })
native.install(Tensor, slot, youngCollector(), key)
installMethods(Tensor.prototype)
installConversions(Tensor.prototype)
const toOptions = native.operator('aten::to.dtype_layout', true) as (...args: unknown[]) => unknown
const unbind = native.operator('aten::unbind', true) as (...args: unknown[]) => unknown

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
