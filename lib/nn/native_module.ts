/**
 * The base of the layers that are libtorch's own classes (native/module_table.cc).
 */
import { type NativeModule as Handle, native } from '../native'
import { type Tensor, tensorArgument } from '../tensor'
import { Module } from './module'
import { markParameter } from './parameter'

const plainForwards = new WeakSet<(...inputs: never[]) => unknown>()

/** Declares that the class's forward does nothing but run the C++ class on its one input. */
export function markPlain(moduleClass: { prototype: Module }): void {
  plainForwards.add(moduleClass.prototype.forward)
}

/** Whether calling `module` is the same as running its C++ class, for a class so marked. */
export function isPlain(module: Module): boolean {
  return plainForwards.has(module.forward)
}

export class NativeModule extends Module {
  #native: Handle
  #made: readonly [name: string, positional: readonly unknown[], options: object]

  /** @param name the row in native/module_table.cc */
  constructor(name: string, positional: readonly unknown[], options: object) {
    super()
    this.#made = [name, positional, { ...options, device: undefined }]
    this.#native = native.createModule(name, positional, options)
    for (const member of this.#native.members) this.#defineMember(member)
  }

  /** A tensor of the C++ object as an own property; assigning to it writes through. */
  #defineMember(name: string): void {
    const handle = this.#native
    let tensor = handle.get(name)
    if (tensor) markParameter(tensor)
    Object.defineProperty(this, name, {
      enumerable: true,
      configurable: true,
      get: () => tensor,
      set: (value: Tensor | null) => {
        handle.set(name, value === null ? null : tensorArgument(name, value))
        tensor = value
        if (tensor) markParameter(tensor)
      }
    })
  }

  /** @internal Another object of this class over a C++ object made alike, for cloneModule. */
  bare(): NativeModule {
    return Reflect.construct(NativeModule, this.#made, this.constructor) as NativeModule
  }

  override train(mode = true): this {
    this.#native.train(mode)
    return super.train(mode)
  }

  /**
   * @internal The modules as one function of the first one's input, in C++ alone: what they pass on
   * to each other never becomes a JavaScript object. Null where that would be seen: a module that is
   * not libtorch's own, takes another number of inputs, or has a forward of its user's.
   */
  static chain(modules: readonly Module[]): ((input: Tensor) => Tensor) | null {
    const handles: Handle[] = []
    for (const module of modules) {
      if (!(module instanceof NativeModule) || !isPlain(module)) return null
      handles.push(module.#native)
    }
    return native.chainModules(handles)
  }

  /** @internal Runs the C++ class's forward. */
  protected run(...inputs: Tensor[]): Tensor {
    return this.#native.forward(...inputs)
  }
}
