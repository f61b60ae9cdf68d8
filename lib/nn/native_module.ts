/**
 * The base of the layers that are libtorch's own classes (native/module_table.cc).
 */
import { type NativeModule as Handle, native } from '../native'
import { type Tensor, tensorArgument } from '../tensor'
import { Module } from './module'
import { markParameter } from './parameter'

export class NativeModule extends Module {
  #native: Handle

  /** @param name the row in native/module_table.cc */
  constructor(name: string, positional: readonly unknown[], options: object) {
    super()
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

  override train(mode = true): this {
    this.#native.train(mode)
    return super.train(mode)
  }

  /** @internal Runs the C++ class's forward. */
  protected run(...inputs: Tensor[]): Tensor {
    return this.#native.forward(...inputs)
  }
}
