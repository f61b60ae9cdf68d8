/**
 * The base of the layers that are libtorch's own classes (native/module_table*.cc).
 */
import { boolean } from '../check'
import { type NativeModule as Handle, native } from '../native'
import { type Tensor, tensorArgument } from '../tensor'
import { Module } from './module'
import { markParameter } from './parameter'

type Forward = (...inputs: never[]) => unknown
const plainForwards = new WeakMap<Forward, (module: never) => boolean>()

/**
 * Declares that the class's forward does nothing but run the C++ class on its one input, for those
 * instances that `when` holds for.
 */
export function markPlain<M extends Module>(
  moduleClass: { prototype: M },
  when: (module: M) => boolean = () => true
): void {
  plainForwards.set(moduleClass.prototype.forward, when)
}

/** Declares that `other`, put in the place of a class's forward, does what that does. */
export function markSame(other: Forward, forward: Forward): void {
  const when = plainForwards.get(forward)
  if (when) plainForwards.set(other, when)
}

/** Whether calling `module` is the same as running its C++ class, for a class so marked. */
export function isPlain(module: Module): boolean {
  return plainForwards.get(module.forward)?.(module as never) ?? false
}

/** Checks a value, throwing an error that names it. */
interface Checked {
  check(name: string, value: unknown): unknown
}

export class NativeModule extends Module {
  #native: Handle
  readonly #name: string
  readonly #positional: readonly unknown[]
  readonly #options: Record<string, unknown>
  readonly #buffers: readonly string[]
  #kinds: Record<string, Checked> = {}

  /**
   * @param name its row in native/module_table*.cc
   * @param buffers which of its tensors are no parameters
   */
  constructor(
    name: string,
    positional: readonly unknown[],
    options: object,
    buffers: readonly string[] = []
  ) {
    super()
    this.#name = name
    this.#positional = positional
    this.#options = { ...options }
    this.#buffers = buffers
    this.#native = native.createModule(name, positional, options)
    for (const member of this.#native.members) this.#defineMember(member, buffers.includes(member))
    this.#defineTraining()
  }

  /** A tensor of the C++ object as an own property; assigning to it writes through. */
  #defineMember(name: string, isBuffer: boolean): void {
    const handle = this.#native
    let tensor = handle.get(name)
    const mark = () => {
      if (tensor && !isBuffer) markParameter(tensor)
    }
    mark()
    if (tensor && isBuffer) this.registerBuffer(name, tensor)
    Object.defineProperty(this, name, {
      enumerable: true,
      configurable: true,
      get: () => tensor,
      set: (value: Tensor | null) => {
        handle.set(name, value === null ? null : tensorArgument(name, value))
        tensor = value
        mark()
      }
    })
  }

  /** `training` reaches the C++ object by whatever way it is set. */
  #defineTraining(): void {
    const handle = this.#native
    let training = true
    Object.defineProperty(this, 'training', {
      enumerable: true,
      configurable: true,
      get: () => training,
      set: (mode: boolean) => {
        handle.train(boolean('training', mode))
        training = mode
      }
    })
  }

  /** Options of the C++ object as own properties; assigning to one writes through. */
  protected defineOptions(kinds: Record<string, Checked>): void {
    this.#kinds = kinds
    const options = this.#options
    for (const [name, kind] of Object.entries(kinds)) {
      Object.defineProperty(this, name, {
        enumerable: true,
        configurable: true,
        get: () => options[name],
        set: (value: unknown) => {
          const changed = { ...options, [name]: kind.check(name, value) }
          this.#native.configure(this.#positional, changed)
          Object.assign(options, changed)
        }
      })
    }
  }

  /** @internal Another object of this class over a C++ object made alike, for cloneModule. */
  bare(): NativeModule {
    const options = { ...this.#options, device: undefined }
    const made = [this.#name, this.#positional, options, this.#buffers]
    const copy = Reflect.construct(NativeModule, made, this.constructor) as NativeModule
    copy.defineOptions(this.#kinds)
    return copy
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

  /** @internal Draws the C++ class's parameters again. */
  protected redraw(): void {
    this.#native.resetParameters()
  }

  /** @internal Runs the C++ class's forward. */
  protected run(...inputs: Tensor[]): Tensor {
    return this.#native.forward(...inputs)
  }
}
