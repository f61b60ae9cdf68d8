/**
 * Optional arguments as Python takes them: by position, then by name in an options object.
 */
import { options as checkOptions } from '../check'
import { isPlainObject } from './define'

/** What may be given for optional parameters `P`: some by position, then some in an object `O`. */
export type Optional<P extends readonly unknown[], O> = [options?: O] | Partial<P> | Mixed<P, O>

type Mixed<P extends readonly unknown[], O> = P extends readonly [...infer Rest, infer _]
  ? [...P, options: O] | Mixed<Rest, O>
  : never

/**
 * The arguments `args` by name: those given by position have the names `positional`, the last one may
 * be an object of any of these and of `others`.
 * @throws TypeError for too many, for an unknown name, for one that came both ways
 */
export function keywords<T extends object>(
  name: string,
  args: readonly unknown[],
  positional: readonly (keyof T & string)[],
  others: readonly (keyof T & string)[] = []
): T {
  const last = args[args.length - 1]
  const options = isPlainObject(last) ? last : undefined
  const values = options ? args.slice(0, -1) : args
  const known = [...positional, ...others]
  if (values.length > positional.length) {
    throw new TypeError(
      `${name}: expected at most ${positional.length} optional arguments by position, ` +
        `got ${values.length}; give { ${known.join(', ')} } by name`
    )
  }
  const given: Record<string, unknown> = {
    ...checkOptions<Record<string, unknown>>(name, options, known)
  }
  for (const [i, value] of values.entries()) {
    const key = positional[i] as string
    if (value === undefined) continue
    if (given[key] !== undefined) {
      throw new TypeError(`${name}: '${key}' came by position and by keyword; give it once`)
    }
    given[key] = value
  }
  return given as T
}
