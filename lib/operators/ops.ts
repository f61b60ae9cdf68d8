/**
 * Every operator of the loaded libtorch by its own name.
 */
import { native } from '../native'
import type { Operator, UntypedOperator } from './call'
import type { AtenOperators } from './generated'
import { unchecked } from './limits'

/** The operators of a namespace of which no types are known. */
export type OperatorNamespace = Record<string, Operator<UntypedOperator>>

/** The namespaces of operators. */
export interface Ops {
  aten: AtenOperators
  [namespace: string]: OperatorNamespace
}

function refusal(name: string): UntypedOperator {
  return () => {
    throw new TypeError(
      `${name}: libtorch does not check the arguments of this operator, and wrong ones end the ` +
        `process; where they are right, call ops.unchecked.${name.replace('::', '.')}`
    )
  }
}

function operatorOf(name: string, isFree: boolean): unknown {
  const found = native.operator(name, false)
  if (!found) return undefined
  const isRefused = !isFree && unchecked.has(name)
  return new Proxy(isRefused ? refusal(name) : found, {
    get: (target, overload) => {
      if (typeof overload !== 'string' || overload in target) return Reflect.get(target, overload)
      const one = native.operator(`${name}.${overload}`, false) ?? undefined
      return one && isRefused ? refusal(name) : one
    }
  })
}

function namespacesOf(isFree: boolean): Ops {
  return new Proxy({} as Ops, {
    get: (namespaces, namespace: string) =>
      (namespaces[namespace] ??= new Proxy({} as OperatorNamespace, {
        get: (known, name) =>
          typeof name === 'string'
            ? (known[name] ??= operatorOf(`${namespace}::${name}`, isFree) as never)
            : undefined
      }))
  })
}

/**
 * Every operator of the loaded libtorch, by its own name, such as `ops.aten.index_select`, and one
 * overload, such as `ops.aten.add.Tensor`; undefined where it has none of that name. Some that
 * libtorch keeps to itself check none of their arguments: those are in `ops.unchecked` alone.
 */
export const ops = Object.assign(namespacesOf(false), {
  unchecked: namespacesOf(true)
}) as Ops & { unchecked: Ops }
