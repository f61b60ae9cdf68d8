/**
 * Modules by key.
 */
import { Module } from '../module'
import { checkName, holdDictionary } from '../module/members'
import { type Named, moduleArgument, namedArgument, valueAt } from './arguments'

/**
 * Modules by key, in the order in which the keys came. They are part of the module that has the
 * dictionary, by their keys; what to compute with them is its own forward's business.
 * @throws TypeError for anything that is not a module, and for keys that are empty or have a '.'
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html
 */
export class ModuleDict<M extends Module = Module> extends Module {
  readonly #modules = new Map<string, M>()

  constructor(modules: Named<M> | ModuleDict<M> = {}) {
    super()
    holdDictionary(this, this.#modules)
    this.update(modules)
  }

  /** Number of modules. */
  get size(): number {
    return this.#modules.size
  }

  /** The module of `key`; RangeError where there is none. */
  get(key: string): M {
    return valueAt(this.constructor.name, this.#modules, key)
  }

  /** Adds a module, or puts it in the place of the one of that key. */
  set(key: string, module: M): this {
    return this.update([[key, module]])
  }

  has(key: string): boolean {
    return this.#modules.has(key)
  }

  /** Takes a module away; whether there was one. */
  delete(key: string): boolean {
    return this.#modules.delete(key)
  }

  /** Takes away and returns the module of `key`; RangeError where there is none. */
  pop(key: string): M {
    const module = this.get(key)
    this.#modules.delete(key)
    return module
  }

  clear(): void {
    this.#modules.clear()
  }

  /** Sets many, all or none: of an object, a Map, pairs, or another ModuleDict. */
  update(modules: Named<M> | ModuleDict<M>): this {
    const pairs =
      modules instanceof ModuleDict ? [...modules.entries()] : namedArgument('modules', modules)
    for (const [key, module] of pairs) {
      checkName(this.constructor.name, key)
      moduleArgument(`modules['${key}']`, module)
    }
    for (const [key, module] of pairs) this.#modules.set(key, module)
    return this
  }

  keys(): IterableIterator<string> {
    return this.#modules.keys()
  }

  values(): IterableIterator<M> {
    return this.#modules.values()
  }

  entries(): IterableIterator<[string, M]> {
    return this.#modules.entries()
  }

  [Symbol.iterator](): IterableIterator<[string, M]> {
    return this.entries()
  }
}
