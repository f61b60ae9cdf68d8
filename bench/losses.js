'use strict'

const { sides } = require('./sides')

const steps = 100
// What a compiler that reorders sums may change in 100 steps.
const closeEnough = 1e-3

/**
 * The losses of the first 100 steps of a row, the same instance that is timed afterwards: a side that
 * is fast because it does something else is found out. Resolves to losses by side, and the reasons of
 * the sides that cannot run the row.
 */
async function firstLosses(workers, row) {
  const losses = {}
  const failed = {}
  for (const [side, worker] of Object.entries(workers)) {
    try {
      losses[side] = await worker.losses(row, steps)
    } catch (error) {
      failed[side] = `cannot run: ${error.message}`
    }
  }
  return { losses, failed }
}

/**
 * Compares each side's losses with Python's, or those of the first side that stands in for it:
 * 'equal' bits, a largest relative difference as a number, or 'other' for a side that draws its own
 * parameters. `wrong` names the sides that fail.
 */
function compareLosses(losses, optimizer) {
  const names = Object.keys(losses)
  const reference = ['python', 'cpp', 'ours', ...names].find((side) => losses[side])
  const verdicts = {}
  const wrong = []
  for (const side of names) {
    const { bits } = sides[side]
    if (side === 'tfjs') {
      verdicts[side] = 'other'
      if (!(losses[side].at(-1) < losses[side][0])) wrong.push(side)
      continue
    }
    const difference = largestDifference(losses[side], losses[reference])
    verdicts[side] = difference === 0 ? 'equal' : difference
    // C++'s Adam writes the formula otherwise than Python's, and rounds otherwise.
    const mustBeEqual = bits && !(side === 'cpp' && optimizer === 'adam')
    if (!(difference <= (mustBeEqual ? 0 : closeEnough))) wrong.push(side)
  }
  return { reference, verdicts, wrong }
}

function largestDifference(losses, reference) {
  const each = losses.map((loss, i) => {
    if (!Number.isFinite(loss)) return Number.NaN
    return Math.abs(loss - reference[i]) / Math.max(Math.abs(reference[i]), 1e-6)
  })
  return losses.length === reference.length ? Math.max(...each) : Number.NaN
}

module.exports = { compareLosses, firstLosses }
