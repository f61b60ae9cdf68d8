/**
 * What a module consists of: its own properties in the order of their definition, then what it holds
 * by keys of its user's.
 */
import { typeError } from '../../check'
import { native } from '../../native'
import { type Tensor, isTensor, tensorArgument } from '../../tensor'
import { isParameter, markParameter } from '../parameter'
import { CallableModule } from './callable'
import type { Module } from './module'

/**
 * What a member is when its value does not say: a parameter is marked as such. `computed` is a tensor
 * that a hook computes from others.
 */
type Kind = 'buffer' | 'transient buffer' | 'computed' | 'module'

const kinds = new WeakMap<Module, Map<string, Kind>>()
const dictionaries = new WeakMap<Module, Map<string, unknown>>()

type Properties = Record<string, unknown>
const propertiesOf = (module: Module) => module as unknown as Properties

/** Makes the values of `dictionary` members of `module`: keys may be numbers, or names of methods. */
export function holdDictionary(module: Module, dictionary: Map<string, unknown>): void {
  dictionaries.set(module, dictionary)
}

/** Names and values: among them are the parameters, the buffers and the children. */
export function membersOf(module: Module): [string, unknown][] {
  const own = propertiesOf(module)
  const members: [string, unknown][] = Object.keys(module).map((name) => [name, own[name]])
  const dictionary = dictionaries.get(module)
  return dictionary === undefined ? members : [...members, ...dictionary]
}

/** The member `name`; undefined where there is none. */
export function memberOf(module: Module, name: string): unknown {
  if (Object.hasOwn(module, name)) return propertiesOf(module)[name]
  return dictionaries.get(module)?.get(name)
}

function setMember(module: Module, name: string, value: unknown): void {
  const dictionary = dictionaries.get(module)
  if (dictionary?.has(name)) dictionary.set(name, value)
  else propertiesOf(module)[name] = value
}

/** Takes the member away. Gives what brings it back, as the last one, with another value. */
export function deleteMember(module: Module, name: string): (value: unknown) => void {
  kinds.get(module)?.delete(name)
  const dictionary = dictionaries.get(module)
  if (dictionary?.delete(name)) return (value) => dictionary.set(name, value)
  // A tensor of a C++ object is a property with a setter: it is the one to come back.
  const property = Object.getOwnPropertyDescriptor(module, name)
  Reflect.deleteProperty(module, name)
  return (value) => {
    if (property) Object.defineProperty(module, name, property)
    propertiesOf(module)[name] = value
  }
}

function setKind(module: Module, name: string, kind: Kind): void {
  let known = kinds.get(module)
  if (!known) kinds.set(module, (known = new Map()))
  known.set(name, kind)
}

/** Gives `to`, of the same class, the members of `from`, each by way of `copy`, as what they are there. */
export function copyMembers(
  from: Module,
  to: Module,
  copy: (name: string, value: unknown) => unknown
): void {
  for (const name of Object.keys(from)) {
    propertiesOf(to)[name] = copy(name, propertiesOf(from)[name])
  }
  const dictionary = dictionaries.get(to)
  for (const [key, value] of dictionaries.get(from) ?? []) dictionary?.set(key, copy(key, value))
  const known = kinds.get(from)
  if (known) kinds.set(to, new Map(known))
}

/** Modules right below `module`, by every name that it has for them. */
export function childrenOf(module: Module): [string, Module][] {
  return membersOf(module).filter(
    (member): member is [string, Module] => member[1] instanceof CallableModule
  )
}

/** Names that were registered for a module that is not there. */
export function absentChildren(module: Module): string[] {
  const absent = [...(kinds.get(module) ?? [])].filter(
    ([name, kind]) => kind === 'module' && memberOf(module, name) === null
  )
  return absent.map(([name]) => name)
}

/** Parameters of `module` itself. */
export function ownParameters(module: Module): [string, Tensor][] {
  const known = kinds.get(module)
  return membersOf(module).filter(
    (member): member is [string, Tensor] => !known?.has(member[0]) && isParameter(member[1])
  )
}

/** Buffers of `module` itself: all, or those that are part of its state. */
export function ownBuffers(module: Module, which: 'all' | 'persistent'): [string, Tensor][] {
  const known = kinds.get(module)
  if (!known) return []
  return membersOf(module).filter((member): member is [string, Tensor] => {
    const kind = known.get(member[0])
    const isWanted = kind === 'buffer' || (kind === 'transient buffer' && which === 'all')
    return isWanted && isTensor(member[1])
  })
}

/** A name for a part: not that of a method, nor of a property of another kind. */
export function checkName(role: string, name: unknown): string {
  if (typeof name !== 'string') throw typeError(`${role}: name`, 'a string', name)
  if (name === '' || name.includes('.')) {
    throw typeError(`${role}: name`, "a name that is not empty and has no '.'", name)
  }
  return name
}

function define(
  role: string,
  module: Module,
  name: string,
  value: unknown,
  fits: (there: unknown) => boolean
): void {
  checkName(role, name)
  if (Object.hasOwn(module, name)) {
    const there = propertiesOf(module)[name]
    if (there !== undefined && there !== null && !fits(there)) throw taken(role, module, name)
    propertiesOf(module)[name] = value
  } else {
    if (name in module) throw taken(role, module, name)
    Object.defineProperty(module, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true
    })
  }
}

function taken(role: string, module: Module, name: string): TypeError {
  const owner = module.constructor.name
  return new TypeError(
    `${role}: ${owner} has something else by the name '${name}'; choose another name`
  )
}

/** What Module.registerBuffer does. */
export function registerBuffer(
  module: Module,
  name: string,
  tensor: Tensor | null,
  persistent: boolean
): void {
  if (tensor !== null) tensorArgument(name, tensor)
  define('registerBuffer', module, name, tensor, (there) => isTensor(there) && !isParameter(there))
  setKind(module, name, persistent ? 'buffer' : 'transient buffer')
  if (tensor !== null) native.outliveScopes(tensor)
}

/** What Module.registerParameter does. */
export function registerParameter(module: Module, name: string, parameter: Tensor | null): void {
  if (parameter !== null && !isParameter(tensorArgument(name, parameter))) {
    throw typeError(name, 'a parameter or null', parameter, 'make one with nn.Parameter(tensor)')
  }
  define('registerParameter', module, name, parameter, isParameter)
  kinds.get(module)?.delete(name)
}

/** What Module.registerModule does. */
export function registerChild(module: Module, name: string, child: Module | null): void {
  const isModule = (value: unknown) => value instanceof CallableModule
  if (child !== null && !isModule(child)) {
    throw typeError(name, 'an nn.Module or null', child)
  }
  define('registerModule', module, name, child, isModule)
  if (child === null) setKind(module, name, 'module')
}

/** Makes the member `name`, or what it was, a value computed from others: no parameter, no state. */
export function setComputed(module: Module, name: string, tensor: Tensor): void {
  setKind(module, name, 'computed')
  setMember(module, name, tensor)
  // It is there after the training step whose scope made it.
  native.outliveScopes(tensor)
}

/** Makes `tensor` the parameter `name` in place of what was computed, as the last member. */
export function settleParameter(module: Module, name: string, tensor: Tensor): void {
  deleteMember(module, name)(markParameter(tensor))
}
