/**
 * An object that is a function too, with hooks around what it does.
 */
import { uses } from '../../compile/tape'
import type { HookHandle } from '../../autograd/hooks'
import {
  type ForwardHook,
  type ForwardPreHook,
  type FullBackwardHook,
  type FullBackwardPreHook,
  type HookKinds,
  type HookOptions,
  Hooks,
  callWithHooks
} from './hooks'
import type { Module } from './module'

/** Where a call looks for hooks: null where there are none. */
interface Slot {
  hooks: Hooks | null
}

/** The slot of the instance that is being made. */
let lastSlot: Slot
let slotOf: (module: object) => Slot

/** Of all classes that there are instances of. */
const prototypes = new Set<object>()

/** The prototypes that a module's `forward` may be found in. */
export function forwardPrototypes(): Set<{ forward: CallableModule['forward'] }> {
  const found = new Set<CallableModule>()
  for (const prototype of prototypes) {
    let each = prototype as CallableModule
    for (; each !== CallableModule.prototype; each = Object.getPrototypeOf(each)) {
      if (Object.hasOwn(each, 'forward')) found.add(each)
    }
  }
  return found
}

/** Whether calling `module` is more than its forward. */
export function hasHooks(module: object): boolean {
  return slotOf(module).hooks !== null
}

/** Calling an instance runs its `forward`, and its hooks. */
class Callable {
  constructor() {
    // In the closure: a property of a function is read more slowly than all else that a call does.
    const slot: Slot = { hooks: null }
    const instance = ((...inputs: unknown[]) => {
      const module = instance as unknown as Module
      uses(module)
      return slot.hooks === null
        ? module.forward(...inputs)
        : callWithHooks(module, slot.hooks, inputs)
    }) as unknown as this
    lastSlot = slot
    prototypes.add(new.target.prototype)
    Object.setPrototypeOf(instance, new.target.prototype)
    // A function's own read-only `name` and `length` would stand in the way of fields of these names.
    const own = instance as { name?: unknown; length?: unknown }
    delete own.name
    delete own.length
    // biome-ignore lint/correctness/noConstructorReturn: a callable instance is the point
    return instance
  }
}

/** What of a module is about being called. A class of its own: Callable cannot have fields. */
export class CallableModule extends Callable {
  readonly #slot = lastSlot

  static {
    slotOf = (module) => (module as CallableModule).#slot
  }

  /** What the module computes. Every subclass defines its own. */
  // biome-ignore lint/suspicious/noExplicitAny: subclasses choose inputs and outputs
  forward(..._inputs: any[]): any {
    throw new TypeError(
      `${this.constructor.name}: forward is not defined; give the class a forward(...) method`
    )
  }

  /**
   * Calls `hook(module, inputs)` before every forward; what it returns, one value or an array of
   * them, takes the inputs' place. `model.forward(x)` calls no hooks.
   */
  registerForwardPreHook(hook: ForwardPreHook, options?: HookOptions): HookHandle {
    return this.#addHook('forwardPre', hook, options)
  }

  /**
   * Calls `hook(module, inputs, output)` after every forward; what it returns takes the output's
   * place.
   */
  registerForwardHook(hook: ForwardHook, options?: HookOptions): HookHandle {
    return this.#addHook('forward', hook, options)
  }

  /**
   * Calls `hook(module, gradInputs, gradOutputs)` when the gradients of the inputs are known: one for
   * each, null for what is no tensor. An array that it returns takes the place of gradInputs. Where no
   * input requires a gradient it is called with the outputs' gradients alone, and returns nothing.
   */
  registerFullBackwardHook(hook: FullBackwardHook, options?: HookOptions): HookHandle {
    return this.#addHook('backward', hook, options)
  }

  /**
   * Calls `hook(module, gradOutputs)` before the gradients of the inputs are computed; an array that
   * it returns takes the place of gradOutputs.
   */
  registerFullBackwardPreHook(hook: FullBackwardPreHook, options?: HookOptions): HookHandle {
    return this.#addHook('backwardPre', hook, options)
  }

  #addHook<K extends keyof HookKinds>(
    kind: K,
    hook: HookKinds[K],
    options: HookOptions | undefined
  ): HookHandle {
    const slot = this.#slot
    const hooks = slot.hooks ?? new Hooks()
    const handle = hooks.add(kind, hook, options, () => {
      if (slot.hooks === hooks) slot.hooks = null
    })
    slot.hooks = hooks
    return handle
  }
}
