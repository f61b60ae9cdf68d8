/**
 * Sizes as layers take them: one integer for all dimensions, or one each.
 */
import { integer, rangeError, typeError } from '../../check'
import type { Size } from '../define'

const most = 2 ** 31 - 1

/** `value` as it was given, once it is one integer of at least `least`, or `count` of them. */
export function size(name: string, value: unknown, count: number, least: number): Size {
  if (typeof value === 'number') return integer(name, value, least, most)
  const expected = `an integer or ${count} of them`
  if (!Array.isArray(value)) throw typeError(name, expected, value)
  if (value.length !== count) throw rangeError(name, expected, value)
  return value.map((one, i) => integer(`${name}[${i}]`, one, least, most))
}

/** The same, one for each of `count` dimensions. */
export function sizes(
  name: string,
  value: unknown,
  count: number,
  least: number
): readonly number[] {
  return repeat(size(name, value, count, least), count)
}

/** One for each of `count` dimensions. */
export function repeat<T>(value: T | readonly T[], count: number): readonly T[] {
  return Array.isArray(value) ? value : Array<T>(count).fill(value as T)
}
