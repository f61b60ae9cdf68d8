/**
 * How the functions of nn.functional and nn.init are called: as in Python, positional arguments in
 * PyTorch's order, then keyword arguments in a trailing object.
 */
import { options as checkOptions, typeError } from '../check'
import { lookUp } from '../operators/call'
import { Tensor } from '../tensor'

/** Any function; with `any` in place of `never`, parameters known by their defaults would be that. */
type Body = (...args: never[]) => unknown

/** A parameter list without its last parameter. */
type Init<P extends unknown[]> = P extends [...infer Rest, (infer _)?] ? Rest : []

/** What may be given by position: the parameters before '*'. */
type Positional<P extends unknown[], N extends readonly string[]> = '*' extends N[number]
  ? N extends readonly [...infer Rest extends string[], infer Last]
    ? Last extends '*'
      ? P
      : Positional<Init<P>, Rest>
    : never
  : P

/** What may be given by keyword: the parameters that have defaults. */
type Keywords<P extends unknown[], N extends readonly string[]> =
  P extends Required<P>
    ? unknown
    : N extends readonly [...infer Rest extends string[], infer Last extends string]
      ? Last extends '*'
        ? Keywords<P, Rest>
        : {
            [K in Last]?: Required<P> extends [...unknown[], infer Type] ? Type : never
          } & Keywords<Init<P>, Rest>
      : never

/** All ways to give some arguments by position and the rest in an object. */
export type Mixed<P extends unknown[], K> =
  P extends Required<P> ? [...P, options?: K] : [...Required<P>, options: K] | Mixed<Init<P>, K>

/** A function of Python's with parameters `N`; those after '*' are given by keyword only. */
export interface PythonFunction<F extends Body, N extends readonly string[]> {
  (...args: Positional<Parameters<F>, N>): ReturnType<F>
  (...args: Mixed<Positional<Parameters<F>, N>, Keywords<Parameters<F>, N>>): ReturnType<F>
}

/** Written as {...}, in whatever realm: a tensor or an array is an argument like any other. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Tensor) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * `body`, called as Python calls it. Its parameters, the first one a tensor, are those of
 * `parameters` without the '*'; what is not given is undefined there, so its defaults hold.
 */
export function defineFunction<F extends Body, const N extends readonly string[]>(
  name: string,
  parameters: N,
  body: F
): PythonFunction<F, N> {
  const names = parameters.filter((parameter) => parameter !== '*')
  const star = parameters.indexOf('*')
  const most = star === -1 ? names.length : star
  const first = names[0] as string

  const call = (...args: unknown[]): unknown => {
    placeArguments(name, names, args, most)
    // What forged or disposed tensors are is the operators' business.
    if (!(args[0] instanceof Tensor))
      throw typeError(`${name}: ${first}`, 'a Tensor', args[0], 'make one with tensor(data)')
    return body(...(args as never[]))
  }
  Object.defineProperty(call, 'name', { value: name })
  return call as PythonFunction<F, N>
}

/** Puts the arguments of a trailing object where the positional ones of these names would be. */
export function placeArguments(
  name: string,
  names: readonly string[],
  args: unknown[],
  most = names.length
): void {
  const last = args[args.length - 1]
  const keywords = isPlainObject(last) ? last : undefined
  if (keywords) args.pop()
  if (args.length > most) {
    const byName = names.slice(most)
    throw new TypeError(
      `${name}: expected at most ${most} positional arguments, got ${args.length}` +
        `${byName.length === 0 ? '' : `; give ${byName.join(', ')} as { name: value }`}`
    )
  }
  if (keywords) placeKeywords(name, names, keywords, args)
}

function placeKeywords(
  name: string,
  names: readonly string[],
  keywords: Record<string, unknown>,
  args: unknown[]
): void {
  const given = checkOptions<Record<string, unknown>>(name, keywords, names)
  for (const [i, key] of names.entries()) {
    if (given[key] === undefined) continue
    if (args[i] !== undefined) {
      throw new TypeError(`${name}: '${key}' came by position and by keyword; give it once`)
    }
    args[i] = given[key]
  }
}

/** The operator `aten::NAME` of the loaded libtorch, which gives a tensor unless its type says else. */
export function operator<F extends Body = (...args: unknown[]) => Tensor>(
  name: string,
  since?: string
): F {
  return lookUp(name, false, since) as F
}

/** An operator and its in-place form `NAME_`, chosen by the first argument. */
export function inplaceOperator(
  name: string
): (inplace: boolean, input: Tensor, ...rest: unknown[]) => Tensor {
  const made = operator(name)
  const changed = operator(`${name}_`)
  return (inplace, ...args) => (inplace ? changed : made)(...args)
}

/** One size for every dimension, or one each. */
export type Size = number | readonly number[]
