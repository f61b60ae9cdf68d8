/**
 * Errors about arguments, all of one form: "NAME: expected X, got Y; REMEDY".
 */
import { types } from 'node:util'

/** What `value` is, in a few words. Never throws, whatever a Proxy's traps or getters do. */
export function describe(value: unknown): string {
  try {
    return describeUnguarded(value)
  } catch {
    return `${typeof value === 'function' ? 'a function' : 'an object'} that cannot be read`
  }
}

function describeUnguarded(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string')
    return `string '${value.length > 40 ? `${value.slice(0, 37)}...` : value}'`
  if (typeof value === 'bigint') return `BigInt ${value}`
  if (typeof value === 'function' && Object.hasOwn(value, 'name')) {
    return `function ${String(value.name) || '(anonymous)'}`
  }
  if (typeof value === 'symbol') return 'a symbol'
  if (Array.isArray(value)) return `Array(${value.length})`
  if (types.isTypedArray(value)) return `${value[Symbol.toStringTag]}(${value.length})`
  // An nn.Module is a function, without a name of its own.
  if (typeof value === 'object' || typeof value === 'function') {
    return `an object of class ${String(value.constructor?.name ?? 'null')}`
  }
  return typeof value === 'undefined' ? 'undefined' : `${typeof value} ${String(value)}`
}

function message(name: string, expected: string, got: unknown, remedy?: string): string {
  return `${name}: expected ${expected}, got ${describe(got)}${remedy ? `; ${remedy}` : ''}`
}

/** A wrong type, or a value that makes no sense there. */
export function typeError(
  name: string,
  expected: string,
  got: unknown,
  remedy?: string
): TypeError {
  return new TypeError(message(name, expected, got, remedy))
}

/** The right type, but out of range. */
export function rangeError(
  name: string,
  expected: string,
  got: unknown,
  remedy?: string
): RangeError {
  return new RangeError(message(name, expected, got, remedy))
}

/** An integer from `least` to `most`. */
export function integer(
  name: string,
  value: unknown,
  least = 0,
  most = Number.MAX_SAFE_INTEGER
): number {
  const bounded = most < Number.MAX_SAFE_INTEGER
  const expected = bounded
    ? `an integer from ${least} to ${most}`
    : `an integer >= ${least} and within 2^53`
  if (typeof value !== 'number') throw typeError(name, expected, value)
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw rangeError(name, expected, value)
  return value
}

/** A finite number of at least `least`. */
export function finite(name: string, value: unknown, least = Number.NEGATIVE_INFINITY): number {
  const expected =
    least === Number.NEGATIVE_INFINITY ? 'a finite number' : `a finite number >= ${least}`
  if (typeof value !== 'number') throw typeError(name, expected, value)
  if (!Number.isFinite(value) || value < least) throw rangeError(name, expected, value)
  return value
}

/** A number from 0 to 1. */
export function probability(name: string, value: unknown): number {
  const expected = 'a probability from 0 to 1'
  if (typeof value !== 'number') throw typeError(name, expected, value)
  if (!(value >= 0 && value <= 1)) throw rangeError(name, expected, value)
  return value
}

/** true or false. */
export function boolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw typeError(name, 'true or false', value)
  return value
}

/** One of a few strings. */
export function oneOf<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (!choices.includes(value as T)) {
    throw typeError(name, choices.map((choice) => `'${choice}'`).join(', '), value)
  }
  return value as T
}

/** An options object whose keys are all known. */
export function options<T extends object>(
  name: string,
  value: unknown,
  known: readonly string[]
): T {
  if (value === undefined) return {} as T
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw typeError(name, `an options object { ${known.join(', ')} }`, value)
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new TypeError(`${name}: unknown option '${key}'; expected some of ${known.join(', ')}`)
    }
  }
  return value as T
}

/** A function. */
export function callable<T>(name: string, value: T): T {
  if (typeof value !== 'function') throw typeError(name, 'a function', value)
  return value
}
