/**
 * Every operator of the loaded libtorch by its own name.
 */
import { native } from '../native'
import type { Operator, UntypedOperator } from './call'
import type { AtenOperators } from './generated'

/** The operators of a namespace of which no types are known. */
export type OperatorNamespace = Record<string, Operator<UntypedOperator>>

/** The namespaces of operators. */
export interface Ops {
  aten: AtenOperators
  [namespace: string]: OperatorNamespace
}

function operatorOf(namespace: string, name: string): unknown {
  const found = native.operator(`${namespace}::${name}`, false)
  if (!found) return undefined
  return new Proxy(found, {
    get: (target, overload) =>
      typeof overload === 'string' && !(overload in target)
        ? (native.operator(`${namespace}::${name}.${overload}`, false) ?? undefined)
        : Reflect.get(target, overload)
  })
}

/**
 * Every operator of the loaded libtorch, by its own name, such as `ops.aten.index_select`, and one
 * overload, such as `ops.aten.add.Tensor`; undefined where it has none of that name.
 */
export const ops = new Proxy({} as Ops, {
  get: (namespaces, namespace: string) =>
    (namespaces[namespace] ??= new Proxy({} as OperatorNamespace, {
      get: (known, name) =>
        typeof name === 'string'
          ? (known[name] ??= operatorOf(namespace, name) as never)
          : undefined
    }))
})
