/**
 * nn.Module: the base of every model. Parameters and children are found by walking an instance's
 * own properties in the order of their definition, so names are as in Python: `linear.weight`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 */
import { inspect } from 'node:util'

import { boolean, callable, options as checkOptions } from '../../check'
import type { DType } from '../../dtype'
import type { Tensor } from '../../tensor'
import { type Target, castTo, cudaDevice, moveTo } from './convert'
import { childrenOf, ownBuffers, ownParameters } from './members'
import { ModuleParts, join } from './parts'
import { printed } from './print'
import { loadInto } from './state_dict'

export interface Module {
  /** `model(x)` runs `forward(x)`, and the hooks around it. */
  (...inputs: Parameters<this['forward']>): ReturnType<this['forward']>
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is callable
export class Module extends ModuleParts {
  /** False after `eval()`: layers such as dropout then behave otherwise. */
  training = true

  /**
   * Parameters and buffers by name, sharing their values with the module. What the module holds
   * under several names is listed under each, as in Python.
   */
  stateDict(prefix = ''): Record<string, Tensor> {
    const state: Record<string, Tensor> = {}
    for (const [name, tensor] of [...ownParameters(this), ...ownBuffers(this, 'persistent')]) {
      state[join(prefix, name)] = tensor.detach()
    }
    for (const [name, child] of childrenOf(this)) {
      Object.assign(state, child.stateDict(join(prefix, name)))
    }
    return state
  }

  /**
   * Copies the tensors of `state` into the parameters and buffers of these names. Nothing is copied
   * unless everything fits.
   * @param options.strict names must match exactly; default true
   * @returns the names that `state` lacked and those that the module does not have
   * @throws Error that lists missing and unexpected names and shapes that differ
   */
  loadStateDict(
    state: Record<string, Tensor>,
    options?: { strict?: boolean }
  ): { missingKeys: string[]; unexpectedKeys: string[] } {
    const { strict = true } = checkOptions<{ strict?: boolean }>('loadStateDict', options, [
      'strict'
    ])
    return loadInto(this, state, boolean('strict', strict))
  }

  /** Sets `training` here and below; returns this module. */
  train(mode = true): this {
    this.training = boolean('mode', mode)
    for (const child of this.children()) child.train(mode)
    return this
  }

  /** The same as `train(false)`. */
  eval(): this {
    return this.train(false)
  }

  /**
   * Moves parameters, their gradients and buffers, in place: `to('cuda')`, `to('float64')`,
   * `to({ device, dtype })`. A dtype applies to floating-point tensors and must be one.
   */
  to(target: Target): this {
    moveTo(this, target)
    return this
  }

  /** Floating-point tensors to float16, in place. */
  half(): this {
    return this.to('float16')
  }

  /** Floating-point tensors to float32, in place. */
  float(): this {
    return this.to('float32')
  }

  /** Floating-point tensors to float64, in place. */
  double(): this {
    return this.to('float64')
  }

  /** Floating-point tensors to bfloat16, in place. */
  bfloat16(): this {
    return this.to('bfloat16')
  }

  /** All tensors to `dtype`, in place, those of whole numbers too. */
  type(dtype: DType): this {
    castTo(this, dtype)
    return this
  }

  /** Moves all tensors to the CPU, in place. */
  cpu(): this {
    return this.to('cpu')
  }

  /** Moves all tensors to a GPU, in place: `cuda()`, `cuda(1)`. */
  cuda(device?: number | string): this {
    return this.to(cudaDevice(device))
  }

  /** Moves the memory of all tensors where workers can share it; see `Tensor.shareMemory_`. */
  shareMemory(): this {
    for (const tensor of [...this.parameters(), ...this.buffers()]) tensor.shareMemory_()
    return this
  }

  /** Clears the gradients: to null, or to zeros with `{ setToNone: false }`. */
  zeroGrad(options?: { setToNone?: boolean }): void {
    const { setToNone = true } = checkOptions<{ setToNone?: boolean }>('zeroGrad', options, [
      'setToNone'
    ])
    for (const parameter of this.parameters()) {
      if (setToNone) parameter.grad = null
      else parameter.grad?.detach().zero_()
    }
  }

  /** Calls `fn` with every module below this one, children first, then with this one. */
  apply(fn: (module: Module) => void): this {
    callable('fn', fn)
    for (const child of this.children()) child.apply(fn)
    fn(this)
    return this
  }

  /** Sets `requiresGrad` of every parameter, for freezing and unfreezing. */
  requiresGrad_(flag = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(flag)
    return this
  }

  /** What stands between the parentheses when the module is printed. */
  extraRepr(): string {
    return ''
  }

  /** As Python prints it. */
  override toString(): string {
    return printed(this)
  }

  [inspect.custom](): string {
    return this.toString()
  }
}
