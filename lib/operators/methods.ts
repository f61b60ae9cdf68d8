/**
 * Operators as members of Tensor.
 */
import { camelCase } from '../names'
import { type UntypedOperator, defineLazily, lookUp } from './call'
import members from './generated'

/** The operator as a method whose tensor is argument number `position`. */
function asMethod(name: string, position: number): UntypedOperator {
  if (position === 0) return lookUp(name, true)
  const found = lookUp(name, false)
  return function (this: unknown, ...args: unknown[]) {
    return found(...args.slice(0, position), this, ...args.slice(position))
  }
}

/**
 * Has V8 store a prototype's members for fast calls again: each one that changes from a getter to a
 * plain property makes it a dictionary, and a call of any method 40 ns slower.
 */
function optimize(prototype: object): void {
  function Instance() {}
  Instance.prototype = prototype
  Reflect.construct(Instance, [])
}

/** Puts the operators that are methods and properties of Tensor on its prototype. */
export function installMethods(prototype: object): void {
  for (const name of members.methods) {
    const position = members.positions[name] ?? 0
    const make = () => asMethod(name, position)
    defineLazily(prototype, camelCase(name), false, make, () => optimize(prototype))
  }
  for (const [key, name] of Object.entries(members.properties)) {
    let found: UntypedOperator | undefined
    Object.defineProperty(prototype, key, {
      get() {
        return (found ??= lookUp(name, true)).call(this)
      },
      configurable: true
    })
  }
}
