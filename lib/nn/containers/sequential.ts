/**
 * Modules in a row.
 */
import { typeError } from '../../check'
import type { Tensor } from '../../tensor'
import { Module, hasHooks } from '../module'
import { childrenOf } from '../module/members'
import { isPlain, NativeModule } from '../native_module'
import { type Named, moduleArgument, namedArgument, position } from './arguments'
import { type EditOptions, editOptions, following } from './edits'

/** Modules by name, in the order in which they run. */
export type NamedModules = Named<Module>

/**
 * Modules that run one after the other, each on the output of the one before. Their names are
 * `'0'`, `'1'`, and so on, or those of an object or a Map:
 * `new nn.Sequential({ hidden: new nn.Linear(2, 3), act: new nn.ReLU() })`.
 *
 * JavaScript lists names that are whole numbers first, in ascending order: others of these are refused.
 * @throws TypeError for anything that is not a module, and for names that a module has already
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential extends Module {
  [index: number]: Module
  #links: Module[] = []
  #chain: ((input: Tensor) => Tensor) | null = null

  constructor(modules: NamedModules)
  constructor(...modules: Module[])
  constructor(...modules: [NamedModules] | Module[]) {
    super()
    const [first] = modules
    if (modules.length === 1 && typeof first === 'object' && first !== null) {
      this.#addNamed(namedArgument('modules', first))
      return
    }
    for (const [i, module] of (modules as Module[]).entries()) {
      this[i] = moduleArgument(`modules[${i}]`, module)
    }
  }

  #addNamed(named: [string, Module][]): void {
    for (const [name, module] of named) {
      this.registerModule(name, moduleArgument(`modules.${name}`, module))
    }
    for (const [i, [name]] of childrenOf(this).entries()) {
      const wanted = named[i]?.[0]
      if (name === wanted) continue
      throw new TypeError(
        `Sequential: expected names that JavaScript keeps in order, got '${wanted}' where it lists ` +
          `'${name}'; give numbers in ascending order and before other names`
      )
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: what the first module takes and the last one gives
  override forward(...inputs: any[]): any {
    const modules = this.#current()
    const chain = inputs.length === 1 ? this.#chained(modules) : null
    if (chain) return chain(inputs[0])
    const [first] = modules
    if (!first) return inputs[0]
    let output = first(...inputs)
    for (let i = 1; i < modules.length; i++) output = (modules[i] as Module)(output)
    return output
  }

  /** The modules as they are now, in order. */
  #current(): Module[] {
    const own = this as unknown as Record<string, unknown>
    const modules: Module[] = []
    for (const name of Object.keys(this)) {
      const value = own[name]
      if (value instanceof Module) modules.push(value)
    }
    return modules
  }

  /** The modules as one C++ call where that is the same; made anew when one was exchanged. */
  #chained(modules: Module[]): ((input: Tensor) => Tensor) | null {
    const links = this.#links
    let isSame = modules.length === links.length
    let isChain = modules.length > 1
    for (const [i, module] of modules.entries()) {
      isSame = isSame && module === links[i]
      isChain = isChain && isPlain(module) && !hasHooks(module)
    }
    if (!isSame || isChain !== (this.#chain !== null)) {
      this.#links = modules
      this.#chain = isChain ? NativeModule.chain(modules) : null
    }
    return this.#chain
  }

  /** The names as numbers, which insert and remove change; a TypeError where they are others. */
  #numbered(caller: string): number {
    const names = childrenOf(this).map(([name]) => name)
    if (names.some((name, i) => name !== String(i))) {
      throw typeError(
        `${caller}: names`,
        "'0', '1', and so on",
        names.join(', '),
        'make a new Sequential, or replace() a module'
      )
    }
    return names.length
  }

  /** Adds a module at the end, of the next number. */
  append(module: Module, options?: EditOptions): this {
    return this.insert(this.size, module, options)
  }

  /**
   * Puts a module before that at `index`, from the end if negative; the names after it move up. With
   * `{ optimizer }` that follows.
   * @throws TypeError for names that are no numbers, RangeError for an index out of range
   */
  insert(index: number, module: Module, options?: EditOptions): this {
    moduleArgument('module', module)
    const length = this.#numbered('insert')
    const at = index === length ? length : position('index', index, length)
    following(this, editOptions('insert', options), () => {
      for (let i = length; i > at; i--) this[i] = this[i - 1] as Module
      this[at] = module
    })
    return this
  }

  /**
   * Takes away and returns the module at `index`, from the end if negative; the names after it move
   * down. With `{ optimizer }` that follows.
   * @throws as `insert`
   */
  remove(index: number, options?: EditOptions): Module {
    const length = this.#numbered('remove')
    const at = position('index', index, length)
    const module = this[at] as Module
    following(this, editOptions('remove', options), () => {
      for (let i = at; i < length - 1; i++) this[i] = this[i + 1] as Module
      delete this[length - 1]
    })
    return module
  }

  /** Puts `module` in the place of that at `index`, which is returned. With `{ optimizer }` that follows. */
  replace(index: number, module: Module, options?: EditOptions): Module {
    moduleArgument('module', module)
    const children = childrenOf(this)
    const [name, old] = children[position('index', index, children.length)] as [string, Module]
    following(this, editOptions('replace', options), () => {
      Object.assign(this, { [name]: module })
    })
    return old
  }

  /** Number of modules. */
  get size(): number {
    return this.#current().length
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.#current()[Symbol.iterator]()
  }
}
