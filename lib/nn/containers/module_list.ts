/**
 * A list of modules.
 */
import { Module } from '../module'
import { printedList } from '../module/print'
import { listArgument, moduleArgument, position } from './arguments'

/**
 * Modules by number: `list[0]`, `list.at(-1)`, `for (const module of list)`. They are part of the
 * module that has the list, by the names `'0'`, `'1'`, and so on; what to compute with them is its own
 * forward's business.
 * @throws TypeError for anything that is not a module
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
 */
export class ModuleList<M extends Module = Module> extends Module {
  [index: number]: M

  constructor(modules: Iterable<M> = []) {
    super()
    this.extend(modules)
  }

  /** Number of modules. */
  override get length(): number {
    let count = 0
    while (this[count] !== undefined) count++
    return count
  }

  /** The module at `index`, from the end if negative; RangeError where there is none. */
  at(index: number): M {
    return this[position('index', index, this.length)] as M
  }

  /** Adds a module at the end. */
  append(module: M): this {
    this[this.length] = moduleArgument('module', module)
    return this
  }

  /** Adds modules at the end, all or none. */
  extend(modules: Iterable<M>): this {
    const added = listArgument('modules', modules)
    for (const [i, module] of added.entries()) moduleArgument(`modules[${i}]`, module)
    const { length } = this
    for (const [i, module] of added.entries()) this[length + i] = module
    return this
  }

  /** Adds a module before that at `index`, from the end if negative. The names after it move up. */
  insert(index: number, module: M): this {
    moduleArgument('module', module)
    const { length } = this
    const at = index === length ? length : position('index', index, length)
    for (let i = length; i > at; i--) this[i] = this[i - 1] as M
    this[at] = module
    return this
  }

  /** Takes away and returns the module at `index`, by default the last. The names after it move down. */
  pop(index = -1): M {
    const { length } = this
    const at = position('index', index, length)
    const module = this[at] as M
    for (let i = at; i < length - 1; i++) this[i] = this[i + 1] as M
    delete this[length - 1]
    return module
  }

  *[Symbol.iterator](): Generator<M> {
    for (let i = 0; this[i] !== undefined; i++) yield this[i] as M
  }

  override toString(): string {
    return printedList(this)
  }
}
