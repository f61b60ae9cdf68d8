/**
 * The parts of a module: parameters, buffers and modules, found among its members and by name.
 */
import { boolean, options as checkOptions, rangeError, typeError } from '../../check'
import type { Tensor } from '../../tensor'
import { CallableModule } from './callable'
import {
  childrenOf,
  ownBuffers,
  ownParameters,
  registerBuffer,
  registerChild,
  registerParameter
} from './members'
import type { Module } from './module'

// Nothing but modules extends ModuleParts.
const asModule = (parts: ModuleParts) => parts as Module

/** A name below another one: `'linear'` and `'weight'` make `'linear.weight'`. */
export function join(prefix: string, name: string): string {
  return prefix ? `${prefix}.${name}` : name
}

function submodule(root: Module, caller: string, target: unknown): Module {
  if (typeof target !== 'string') {
    throw typeError(`${caller}: target`, "a name such as 'layers.0'", target)
  }
  let found = root
  for (const name of target === '' ? [] : target.split('.')) {
    const children = childrenOf(found)
    const child = children.find(([known]) => known === name)
    if (!child) throw unknown(caller, 'module', found, children, target)
    found = child[1]
  }
  return found
}

function ownTensor(
  root: Module,
  caller: string,
  target: unknown,
  own: (module: Module) => [string, Tensor][]
): Tensor {
  if (typeof target !== 'string') {
    throw typeError(`${caller}: target`, "a name such as 'linear.weight'", target)
  }
  const dot = target.lastIndexOf('.')
  const owner = submodule(root, caller, target.slice(0, Math.max(dot, 0)))
  const tensors = own(owner)
  const found = tensors.find(([name]) => name === target.slice(dot + 1))
  if (!found) throw unknown(caller, caller.slice(3).toLowerCase(), owner, tensors, target)
  return found[1]
}

function unknown(
  caller: string,
  role: string,
  owner: Module,
  known: [string, unknown][],
  target: string
): RangeError {
  const names = known.map(([name]) => `'${name}'`).join(', ')
  const has = names
    ? `${owner.constructor.name} has ${names}`
    : `${owner.constructor.name} has none`
  return rangeError(`${caller}: target`, `the name of a ${role}`, target, has)
}

export class ModuleParts extends CallableModule {
  /** Names and modules among the members, each module once. */
  namedChildren(): [string, Module][] {
    const seen = new Set<Module>()
    return childrenOf(asModule(this)).filter(([, child]) => {
      const isNew = !seen.has(child)
      seen.add(child)
      return isNew
    })
  }

  /** Modules among the members, each once. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child)
  }

  /** This module (`''`) and all below it, each once, parents first. */
  namedModules(prefix = '', seen = new Set<Module>()): [string, Module][] {
    const module = asModule(this)
    if (seen.has(module)) return []
    seen.add(module)
    const below = this.namedChildren().flatMap(([name, child]) =>
      child.namedModules(join(prefix, name), seen)
    )
    return [[prefix, module], ...below]
  }

  /** This module and all below it. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module)
  }

  /**
   * Names and parameters of this module and all below it, each tensor once.
   * @param recurse false for this module alone
   */
  namedParameters(prefix = '', recurse = true): [string, Tensor][] {
    return this.#named(prefix, recurse, ownParameters)
  }

  /** Parameters of this module and all below it, in the order of their definition. */
  parameters(recurse = true): Tensor[] {
    return this.namedParameters('', recurse).map(([, parameter]) => parameter)
  }

  /** Names and buffers of this module and all below it, each tensor once. */
  namedBuffers(prefix = '', recurse = true): [string, Tensor][] {
    return this.#named(prefix, recurse, (module) => ownBuffers(module, 'all'))
  }

  /** Buffers of this module and all below it. */
  buffers(recurse = true): Tensor[] {
    return this.namedBuffers('', recurse).map(([, buffer]) => buffer)
  }

  #named(
    prefix: string,
    recurse: boolean,
    own: (module: Module) => [string, Tensor][]
  ): [string, Tensor][] {
    const seen = new Set<Tensor>()
    const found: [string, Tensor][] = []
    const modules: [string, Module][] = boolean('recurse', recurse)
      ? this.namedModules(prefix)
      : [[prefix, asModule(this)]]
    for (const [path, module] of modules) {
      for (const [name, tensor] of own(module)) {
        if (seen.has(tensor)) continue
        seen.add(tensor)
        found.push([join(path, name), tensor])
      }
    }
    return found
  }

  /**
   * Makes `tensor` the own property `name`: part of the state, but no parameter. With null the name
   * alone is that of a buffer, for a tensor to come.
   * @param options.persistent false where it is no part of the state: it moves and converts with the
   * module, but is not in `stateDict()`. Default true.
   * @throws TypeError where the module has something else by that name
   */
  registerBuffer(name: string, tensor: Tensor | null, options?: { persistent?: boolean }): void {
    const { persistent = true } = checkOptions<{ persistent?: boolean }>(
      'registerBuffer',
      options,
      ['persistent']
    )
    registerBuffer(asModule(this), name, tensor, boolean('persistent', persistent))
  }

  /**
   * Makes `parameter` the own property `name`; null keeps the place for one to come.
   * @throws TypeError for a tensor that is no parameter, or where the module has something else by
   * that name
   */
  registerParameter(name: string, parameter: Tensor | null): void {
    registerParameter(asModule(this), name, parameter)
  }

  /**
   * Makes `module` the own property `name`.
   * @throws TypeError where this module has something else by that name
   */
  registerModule(name: string, module: Module | null): void {
    registerChild(asModule(this), name, module)
  }

  /** The same as `registerModule`. */
  addModule(name: string, module: Module | null): void {
    this.registerModule(name, module)
  }

  /**
   * The module of a name such as `'layers.0.linear'`; this one for `''`.
   * @throws RangeError where there is none
   */
  getSubmodule(target: string): Module {
    return submodule(asModule(this), 'getSubmodule', target)
  }

  /**
   * The parameter of a name such as `'layers.0.linear.weight'`.
   * @throws RangeError where there is none
   */
  getParameter(target: string): Tensor {
    return ownTensor(asModule(this), 'getParameter', target, ownParameters)
  }

  /**
   * The buffer of a name such as `'layers.0.count'`.
   * @throws RangeError where there is none
   */
  getBuffer(target: string): Tensor {
    return ownTensor(asModule(this), 'getBuffer', target, (module) => ownBuffers(module, 'all'))
  }
}
