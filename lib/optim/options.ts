/**
 * The options of an optimizer: defaults, and how what is given is checked.
 */
import { boolean, finite, rangeError, typeError } from '../check'
import { isBefore } from '../nn/version'

export interface Option<T> {
  byDefault: T
  /** Returns the value or throws. */
  check: (name: string, value: unknown) => T
}

/** An `Option` for each of an optimizer's. */
export type OptionTable<Options> = { [Name in keyof Options]-?: Option<Required<Options>[Name]> }

export function option<T>(byDefault: T, check: (name: string, value: unknown) => T): Option<T> {
  return { byDefault, check }
}

/** A finite number >= 0. */
export const notNegative = (byDefault: number): Option<number> =>
  option(byDefault, (name, value) => finite(name, value, 0))

export const flag = (byDefault: boolean): Option<boolean> => option(byDefault, boolean)

/** Two numbers within bounds, kept as a frozen copy: a change of one would pass unchecked. */
export function pair(
  byDefault: readonly [number, number],
  expected: string,
  fits: (first: number, second: number) => boolean
): Option<readonly [number, number]> {
  return option(byDefault, (name, value) => {
    const isPair =
      Array.isArray(value) && value.length === 2 && value.every((x) => typeof x === 'number')
    if (!isPair) throw typeError(name, expected, value)
    const [first, second] = value as [number, number]
    if (!fits(first, second)) throw rangeError(name, expected, `[${first}, ${second}]`)
    return Object.freeze([first, second] as const)
  })
}

/** Decays of two running averages, each from 0 to below 1. */
export const betas = (first = 0.9, second = 0.999) =>
  pair(
    [first, second],
    'two numbers, each >= 0 and < 1',
    (a, b) => a >= 0 && a < 1 && b >= 0 && b < 1
  )

/** Options that PyTorch has since a version; where the loaded libtorch is older, none. */
export function since<Table extends object>(major: number, minor: number, table: Table): Table {
  return isBefore(major, minor) ? ({} as Table) : table
}
