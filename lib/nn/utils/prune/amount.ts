/**
 * How much is to be pruned.
 */
import { integer, rangeError, typeError } from '../../../check'

/** A whole number of units, or a share between 0 and 1. JavaScript does not tell 1.0 from 1: it is one unit. */
export function checkAmount(amount: unknown): number {
  if (typeof amount !== 'number') throw typeError('amount', 'a number', amount)
  if (Number.isInteger(amount)) return integer('amount', amount)
  if (!(amount > 0 && amount < 1)) {
    throw rangeError('amount', 'a share between 0 and 1, or a whole number of units', amount)
  }
  return amount
}

/** The number of units, of `size` there are, that `amount` means. */
export function unitsOf(amount: number, size: number): number {
  const units = Number.isInteger(amount) ? amount : roundHalfEven(amount * size)
  if (units > size) throw rangeError('amount', `at most the ${size} units that are left`, amount)
  return units
}

/** As Python rounds: 0.5 to 0, 1.5 to 2, 2.5 to 2. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
