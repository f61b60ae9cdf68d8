/**
 * How a module's backward hooks see its gradients: functions that change nothing are put around its
 * inputs and around its outputs.
 */
import { type FunctionContext, Function as CustomFunction } from '../../autograd'
import { typeError } from '../../check'
import { zeros } from '../../creation'
import { isGradEnabled } from '../../modes'
import { native } from '../../native'
import { type Tensor, isTensor } from '../../tensor'
import { isBefore } from '../version'
import type { FullBackwardHook, FullBackwardPreHook, Gradients } from './hooks'
import type { Module } from './module'

type Watch = (gradients: Gradients) => Gradients

/** The identity on some tensors; `watch` sees the gradients and may replace them. */
class BackwardHookFunction extends CustomFunction {
  static override forward(
    ctx: FunctionContext,
    watch: Watch,
    fillZeros: boolean,
    ...tensors: Tensor[]
  ): Tensor[] {
    ctx.markNonDifferentiable(...tensors.filter((tensor) => !tensor.requiresGrad))
    ctx.setMaterializeGrads(fillZeros)
    ctx.watch = watch
    return tensors
  }

  static override backward(ctx: FunctionContext, ...gradients: Gradients): Gradients {
    return [null, null, ...(ctx.watch as Watch)(gradients)]
  }
}

/** `values` with null at all places but `indices`. */
function spread(values: Gradients, indices: readonly number[], length: number): Gradients {
  const all: Gradients = Array(length).fill(null)
  for (const [i, index] of indices.entries()) all[index] = values[i] ?? null
  return all
}

/** What a hook returned, as gradients in the place of `there`. */
function replaced(name: string, result: unknown, there: Gradients): Gradients {
  if (result === undefined || result === null) return there
  const list: unknown[] = Array.isArray(result) ? result : [result]
  if (list.length !== there.length) {
    throw typeError(name, `a hook that returns ${there.length} gradients or nothing`, result)
  }
  for (const gradient of list) {
    if (gradient !== null && !isTensor(gradient)) {
      throw typeError(name, 'a hook that returns Tensors, null or nothing', gradient)
    }
  }
  return list as Gradients
}

/** The hooks of one call of `module`. */
export class BackwardHook {
  /** What the outputs' gradients were; null while none have come, or after the inputs' have. */
  #gradOutputs: Gradients | null = null
  #inputs = 0
  /** Where the inputs are tensors; null where none of them requires a gradient. */
  #inputIndices: number[] | null = null

  constructor(
    readonly module: Module,
    readonly hooks: readonly FullBackwardHook[],
    readonly preHooks: readonly FullBackwardPreHook[]
  ) {}

  /** The inputs, from which gradients come by the hooks. */
  watchInputs(inputs: unknown[]): unknown[] {
    const indices = watchedIndices(inputs)
    this.#inputs = inputs.length
    this.#inputIndices = indices
    return indices ? passThrough(inputs, indices, true, this.#inputWatch(indices)) : inputs
  }

  /** The output, a tensor or an array with tensors, to which gradients come by the hooks. */
  watchOutput(output: unknown): unknown {
    const isOne = isTensor(output)
    if (!isOne && !Array.isArray(output)) return output
    const outputs: unknown[] = isOne ? [output] : output
    const indices = watchedIndices(outputs)
    if (!indices) return output
    // Where no gradient comes, PyTorch before 2.0 runs the module's own graph with zeros.
    const blanks = isBefore(2, 0) ? indices.map((index) => blankOf(outputs[index] as Tensor)) : null
    const watch = this.#outputWatch(indices, outputs.length, blanks)
    const watched = passThrough(outputs, indices, false, watch)
    return isOne ? watched[0] : watched
  }

  // What the two functions below make is held by the graph: they see no tensor that it could keep.

  #inputWatch(indices: readonly number[]): Watch {
    return (gradients) => {
      // Without them the gradient did not come through the output, as in a double backward.
      if (!this.#gradOutputs) return gradients
      let all = spread(gradients, indices, this.#inputs)
      for (const hook of this.hooks) {
        const result = hook(this.module, all, this.#gradOutputs)
        all = replaced('registerFullBackwardHook', result, all)
      }
      this.#gradOutputs = null
      return indices.map((index) => all[index] as Tensor | null)
    }
  }

  #outputWatch(indices: readonly number[], length: number, blanks: (() => Tensor)[] | null): Watch {
    return (gradients) => {
      const seen = this.#seeOutputs(spread(gradients, indices, length))
      return indices.map((index, i) => seen[index] ?? blanks?.[i]?.() ?? null)
    }
  }

  #seeOutputs(gradients: Gradients): Gradients {
    let seen = gradients
    for (const hook of this.preHooks) {
      seen = replaced('registerFullBackwardPreHook', hook(this.module, seen), seen)
    }
    if (this.#inputIndices) {
      this.#gradOutputs = seen
      return seen
    }
    // No input requires a gradient: there is nothing to wait for, and nothing to replace.
    for (const hook of this.hooks) {
      const blank: Gradients = Array(this.#inputs).fill(null)
      const result = replaced('registerFullBackwardHook', hook(this.module, blank, seen), blank)
      if (result.some((gradient) => gradient !== null)) {
        const expected = 'a hook that returns nothing, as no input requires a gradient'
        throw typeError('registerFullBackwardHook', expected, result)
      }
    }
    return seen
  }
}

/** Makes zeros like `tensor`, which is not kept. */
function blankOf(tensor: Tensor): () => Tensor {
  const { shape, dtype, device } = tensor
  return () => zeros(shape, { dtype, device })
}

/** Where `values` are tensors; null where there will be no gradients. */
function watchedIndices(values: unknown[]): number[] | null {
  const indices = [...values.keys()].filter((index) => isTensor(values[index]))
  const isFollowed = indices.some((index) => native.requiresGrad(values[index] as Tensor))
  return isFollowed && isGradEnabled() ? indices : null
}

/** `values`, those at `indices` as results of the identity. */
function passThrough(
  values: unknown[],
  indices: readonly number[],
  fillZeros: boolean,
  watch: Watch
): unknown[] {
  const tensors = indices.map((index) => values[index] as Tensor)
  const passed = BackwardHookFunction.apply(watch, fillZeros, ...tensors)
  const watched = [...values]
  for (const [i, index] of indices.entries()) watched[index] = passed[i]
  return watched
}
