/**
 * What a function written in TypeScript passes on from its forward to its backward.
 * Source: https://pytorch.org/docs/stable/autograd.html#context-method-mixins
 */
import { boolean, typeError } from '../check'
import { native } from '../native'
import type { Tensor } from '../tensor'

type MaybeTensor = Tensor | null

function checked(name: string, values: unknown[]): MaybeTensor[] {
  for (const value of values) {
    if (value !== null && !native.isTensor(value))
      throw typeError(name, 'Tensors or null', value, 'keep other values as properties of ctx')
  }
  return values as MaybeTensor[]
}

function tensors(name: string, values: unknown[]): Tensor[] {
  for (const value of values) if (!native.isTensor(value)) throw typeError(name, 'Tensors', value)
  return values as Tensor[]
}

/** What forward has left, as native/custom_function.cc takes it. */
export type Leavings = [
  saved: readonly MaybeTensor[],
  dirty: readonly Tensor[],
  nonDifferentiable: readonly Tensor[],
  materializeGrads: boolean
]

/** One a call of `apply`. Values other than tensors are kept as properties: `ctx.alpha = 2`. */
export class FunctionContext {
  // biome-ignore lint/suspicious/noExplicitAny: users choose names and types
  [property: string]: any

  /** Whether each argument of forward is a tensor that requires grad. */
  readonly needsInputGrad: readonly boolean[]

  #left: Leavings = [[], [], [], true]
  #running: number | null = null

  constructor(needsInputGrad: readonly boolean[]) {
    this.needsInputGrad = needsInputGrad
  }

  /**
   * In forward: keeps arguments and results for backward. A tensor kept as a property instead would
   * not be noticed if it changed, and a result kept so is never freed.
   */
  saveForBackward(...values: (Tensor | null)[]): void {
    this.#left[0] = checked('saveForBackward', values)
  }

  /**
   * In backward: what forward saved.
   * @throws Error outside of backward, where the graph was freed by an earlier backward, or where a
   * tensor was changed in place since.
   */
  // biome-ignore lint/suspicious/noExplicitAny: null only where null was saved
  get savedTensors(): any[] {
    if (this.#running === null) {
      throw new Error(
        'savedTensors: expected to be read while backward runs, got a read at another time; ' +
          'use the tensors themselves in forward'
      )
    }
    return native.savedTensors(this.#running)
  }

  /** In forward: names the arguments that it changed in place; each must be returned as well. */
  markDirty(...values: Tensor[]): void {
    this.#left[1] = tensors('markDirty', values)
  }

  /** In forward: names the results that have no gradient. */
  markNonDifferentiable(...values: Tensor[]): void {
    this.#left[2] = tensors('markNonDifferentiable', values)
  }

  /** In forward: whether backward gets zeros where there is no gradient, or null. Default true. */
  setMaterializeGrads(value: boolean): void {
    this.#left[3] = boolean('setMaterializeGrads', value)
  }

  /** @internal What forward has left; the context holds none of it from then on. */
  static take(context: FunctionContext): Leavings {
    const left = context.#left
    context.#left = [[], [], [], true]
    return left
  }

  /** @internal Runs `fn` while the node has the place `running` among those that run. */
  static during<T>(context: FunctionContext, running: number, fn: () => T): T {
    const before = context.#running
    context.#running = running
    try {
      return fn()
    } finally {
      context.#running = before
    }
  }
}
