/**
 * nn.Module: the base of every model. Parameters and children are found by walking an instance's
 * own properties in the order of their definition, so names are as in Python: `linear.weight`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 */
import { inspect } from 'node:util'

import { boolean, callable, options as checkOptions, typeError } from '../check'
import { type DType, isDType } from '../dtype'
import { noGrad } from '../modes'
import { native } from '../native'
import { type Tensor, isTensor, tensorArgument } from '../tensor'
import { isParameter } from './parameter'
import { loadInto } from './state_dict'

export interface Module {
  /** `model(x)` runs `forward(x)`. */
  (...inputs: Parameters<this['forward']>): ReturnType<this['forward']>
}

/** An object that is a function too: calling it runs its `forward`. */
class Callable {
  constructor() {
    const instance = ((...inputs: unknown[]) =>
      (instance as unknown as Module).forward(...inputs)) as unknown as this
    Object.setPrototypeOf(instance, new.target.prototype)
    // A function's own read-only `name` and `length` would stand in the way of fields of these names.
    const own = instance as { name?: unknown; length?: unknown }
    delete own.name
    delete own.length
    // biome-ignore lint/correctness/noConstructorReturn: a callable instance is the point
    return instance
  }
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is callable
export class Module extends Callable {
  /** False after `eval()`: layers such as dropout then behave otherwise. */
  training = true

  /** Names of the own properties that are buffers. */
  #buffers = new Set<string>()

  /** What the module computes. Every subclass defines its own. */
  // biome-ignore lint/suspicious/noExplicitAny: subclasses choose inputs and outputs
  forward(..._inputs: any[]): any {
    throw new TypeError(
      `${this.constructor.name}: forward is not defined; give the class a forward(...) method`
    )
  }

  /** Names and modules among the own properties. */
  namedChildren(): [string, Module][] {
    const own = this as unknown as Record<string, unknown>
    return Object.keys(this)
      .filter((name) => own[name] instanceof Module)
      .map((name) => [name, own[name] as Module])
  }

  /** Modules among the own properties. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child)
  }

  /** This module (`''`) and all below it, each once, parents first. */
  namedModules(prefix = '', seen = new Set<Module>()): [string, Module][] {
    if (seen.has(this)) return []
    seen.add(this)
    const below = this.namedChildren().flatMap(([name, child]) =>
      child.namedModules(join(prefix, name), seen)
    )
    return [[prefix, this], ...below]
  }

  /** This module and all below it. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module)
  }

  /** Names and parameters of this module and all below it, each tensor once. */
  namedParameters(): [string, Tensor][] {
    return this.#named((module) => ownParameters(module))
  }

  /** Parameters of this module and all below it, in the order of their definition. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, parameter]) => parameter)
  }

  /** Names and buffers of this module and all below it. */
  namedBuffers(): [string, Tensor][] {
    return this.#named((module) => ownBuffers(module))
  }

  /** Buffers of this module and all below it. */
  buffers(): Tensor[] {
    return this.namedBuffers().map(([, buffer]) => buffer)
  }

  /** Makes `tensor` the own property `name`: part of the state, but no parameter. */
  registerBuffer(name: string, tensor: Tensor): void {
    Object.defineProperty(this, name, {
      value: tensorArgument(name, tensor),
      writable: true,
      enumerable: true,
      configurable: true
    })
    this.#buffers.add(name)
  }

  /** @internal */
  bufferNames(): ReadonlySet<string> {
    return this.#buffers
  }

  #named(own: (module: Module) => [string, Tensor][]): [string, Tensor][] {
    const seen = new Set<Tensor>()
    const found: [string, Tensor][] = []
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, tensor] of own(module)) {
        if (seen.has(tensor)) continue
        seen.add(tensor)
        found.push([join(prefix, name), tensor])
      }
    }
    return found
  }

  /**
   * Parameters and buffers by name, sharing their values with the module. What the module holds
   * under several names is listed under each, as in Python.
   */
  stateDict(prefix = ''): Record<string, Tensor> {
    const state: Record<string, Tensor> = {}
    for (const [name, tensor] of [...ownParameters(this), ...ownBuffers(this)]) {
      state[join(prefix, name)] = tensor.detach()
    }
    for (const [name, child] of this.namedChildren()) {
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
  to(target: string | { device?: string; dtype?: DType }): this {
    if (typeof target === 'string')
      return this.to(isDType(target) ? { dtype: target } : { device: target })
    const { device, dtype } = checkOptions<{ device?: string; dtype?: DType }>('to', target, [
      'device',
      'dtype'
    ])
    if (dtype !== undefined && !dtype.includes('float')) {
      throw typeError('dtype', 'a floating-point dtype', dtype, 'only those have gradients')
    }
    const wanted = device === undefined ? undefined : native.resolveDevice(device)
    noGrad(() => {
      for (const tensor of [...this.parameters(), ...this.buffers()]) {
        const options = {
          device: wanted,
          dtype: tensor.dtype.includes('float') ? dtype : undefined
        }
        const { grad } = tensor
        // The old gradient would not fit the new values: it moves as well.
        if (grad) tensor.grad = null
        native.setData(tensor, tensor.to(options))
        if (grad) tensor.grad = grad.to(options)
      }
    })
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
    const extra = this.extraRepr()
    const children = this.namedChildren().map(
      ([name, child]) => `(${name}): ${indent(child.toString())}`
    )
    const className = this.constructor.name
    if (children.length === 0) return `${className}(${extra})`
    return `${className}(\n  ${[...(extra ? [extra] : []), ...children].join('\n  ')}\n)`
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

function join(prefix: string, name: string): string {
  return prefix ? `${prefix}.${name}` : name
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n  ')
}

function ownTensors(
  module: Module,
  keep: (name: string, value: unknown) => boolean
): [string, Tensor][] {
  const own = module as unknown as Record<string, unknown>
  return Object.keys(module)
    .filter((name) => keep(name, own[name]))
    .map((name) => [name, own[name] as Tensor])
}

function ownParameters(module: Module): [string, Tensor][] {
  return ownTensors(module, (name, value) => !module.bufferNames().has(name) && isParameter(value))
}

function ownBuffers(module: Module): [string, Tensor][] {
  return ownTensors(module, (name, value) => module.bufferNames().has(name) && isTensor(value))
}
