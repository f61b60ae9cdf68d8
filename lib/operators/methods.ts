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

/** Puts the operators that are methods and properties of Tensor on its prototype. */
export function installMethods(prototype: object): void {
  for (const name of members.methods) {
    const position = members.positions[name] ?? 0
    defineLazily(prototype, camelCase(name), false, () => asMethod(name, position))
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
