/**
 * What a search chooses from: a distribution for each hyper-parameter or part of the structure.
 */
import {
  finite,
  integer as integerCheck,
  options as checkOptions,
  rangeError,
  typeError
} from '../check'

/** The values that one name of a space may take. */
export interface Dimension<T = unknown> {
  /** A value for `u`, uniform in [0, 1). */
  draw(u: number): T
  /** All values for a grid; null where there are infinitely many. */
  readonly values: readonly T[] | null
}

/** A dimension, an array of choices, or a constant for each name. */
export type Space = Record<string, unknown>

/** A value for each name of a space. */
export type Configuration = Record<string, unknown>

export interface PointsOptions {
  /** How many evenly spaced values a grid takes. Default: none, a grid is refused then. */
  points?: number
}

/** One of `values`, each as likely. @throws RangeError for an empty list */
export function choice<T>(values: readonly T[]): Dimension<T> {
  if (!Array.isArray(values)) throw typeError('choice', 'an array of values', values)
  if (values.length === 0) throw rangeError('choice', 'at least one value', values)
  return { draw: (u) => values[Math.floor(u * values.length)] as T, values }
}

/** A whole number from `low` to `high`, both included. @throws RangeError where `high < low` */
export function integers(low: number, high: number): Dimension<number> {
  integerCheck('low', low, Number.NEGATIVE_INFINITY)
  integerCheck('high', high, low)
  return choice(Array.from({ length: high - low + 1 }, (_, i) => low + i))
}

function between(
  low: number,
  high: number,
  options: PointsOptions | undefined,
  name: string,
  at: (share: number) => number
): Dimension<number> {
  finite('low', low)
  if (!(finite('high', high) > low)) throw rangeError('high', `more than ${low}`, high)
  const { points } = checkOptions<PointsOptions>(name, options, ['points'])
  if (points !== undefined) integerCheck('points', points, 2)
  const values =
    points === undefined ? null : Array.from({ length: points }, (_, i) => at(i / (points - 1)))
  return { draw: at, values }
}

/** A number in [low, high), uniform. */
export function uniform(low: number, high: number, options?: PointsOptions): Dimension<number> {
  return between(low, high, options, 'uniform', (share) => low + share * (high - low))
}

/** A number in [low, high) whose logarithm is uniform: for learning rates. `low` > 0. */
export function logUniform(low: number, high: number, options?: PointsOptions): Dimension<number> {
  if (!(finite('low', low) > 0)) throw rangeError('low', 'more than 0', low)
  return between(low, high, options, 'logUniform', (share) => low * (high / low) ** share)
}
