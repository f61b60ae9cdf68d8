/**
 * Looking operators up in the loaded libtorch. None is bound by hand: all are called by their schemas
 * (native/operator_call.cc), from which their signatures are made, too (generated.ts).
 *
 * Conventions, as in PyTorch: positional arguments, then keyword arguments in a trailing object
 * (`x.sum(1, { keepdim: true })`); sizes as one array or one by one (`x.reshape(2, 3)`); a name that
 * ends in `_` works in place and returns the same tensor.
 * Source: https://pytorch.org/docs/stable/torch.html
 */
import { camelCase } from '../names'
import './limits'
import { native } from '../native'
import { shortFunction, shortMethod } from './short_call'

/** A call of which no types are known. */
// biome-ignore lint/suspicious/noExplicitAny: every typed call is one
export type UntypedOperator = (...args: any[]) => unknown

/** An operator and, as properties, its overloads: `ops.aten.add.Tensor`. */
export type Operator<Call extends UntypedOperator> = Call & Record<string, UntypedOperator>

/**
 * The operator of namespace aten, with the tensor as `this` (a method) or as an argument. Where the
 * loaded libtorch has none of this name, a function that throws an Error.
 * @param since the first libtorch that has it
 */
export function lookUp(name: string, isMethod: boolean, since = 'a newer one'): UntypedOperator {
  const found = native.operator(`aten::${name}`, isMethod)
  const short = found && native.shortOperator(`aten::${name}`)
  if (short) return isMethod ? shortMethod(short, found) : shortFunction(short, found)
  if (found) return found
  return () => {
    const version = native.buildInfo().libtorch
    throw new Error(
      `${name}: the loaded libtorch ${version} has no operator of this name; use ${since}`
    )
  }
}

/** The operator `aten::NAME` (or `aten::NAME.OVERLOAD`) as a function. */
export function operator<Call extends UntypedOperator>(name: string, since?: string): Call {
  return lookUp(name, false, since) as Call
}

/**
 * Puts a value on `target` that is made when it is first read. Most operators are never looked up;
 * those that are end as plain properties. (A function that looked its operator up when it is first
 * called would cost 40 ns a call; all at once would be 13 ms.) Then `afterwards` is called.
 */
export function defineLazily(
  target: object,
  key: string,
  enumerable: boolean,
  make: () => unknown,
  afterwards?: () => void
): void {
  const plain = (value: unknown) => ({ value, writable: true, configurable: true, enumerable })
  let found: unknown
  Object.defineProperty(target, key, {
    get(this: object) {
      found ??= make()
      // `export *` copies the getter to the module that exports it. A frozen one keeps the getter.
      Reflect.defineProperty(Object.hasOwn(this, key) ? this : target, key, plain(found))
      afterwards?.()
      return found
    },
    set(this: object, value: unknown) {
      Object.defineProperty(this, key, plain(value))
    },
    configurable: true,
    enumerable
  })
}

/** Puts the operators `names`, less the `prefix` of their names, on `target`. */
export function defineOperators(target: object, names: readonly string[], prefix = ''): void {
  for (const name of names) {
    defineLazily(target, camelCase(name.slice(prefix.length)), true, () => operator(name))
  }
}

/** The operators `names`, which begin with that of the namespace, as its members. */
export function operatorsOf<Namespace>(namespace: string, names: readonly string[]): Namespace {
  const members = {}
  defineOperators(members, names, `${namespace}_`)
  return members as Namespace
}
