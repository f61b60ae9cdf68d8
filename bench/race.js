'use strict'

const { summary } = require('./statistics')

const blockMicroseconds = 300_000
const warmUpMicroseconds = 600_000

/**
 * Times one row on every worker that has it, taking turns: `rounds` times a block of about 0.3 s on
 * each, after a warm-up. Resolves to microseconds a step by side.
 */
async function race(row, workers, rounds) {
  const steps = {}
  const values = {}
  for (const [side, worker] of Object.entries(workers)) {
    steps[side] = await warmUp(worker, row)
    values[side] = []
  }
  for (let round = 0; round < rounds; round++) {
    for (const [side, worker] of Object.entries(workers)) {
      values[side].push(await worker.block(row, steps[side]))
    }
  }
  return Object.fromEntries(Object.entries(values).map(([side, all]) => [side, summary(all)]))
}

/** Runs until the code is hot; the steps of a timed block follow from the last speed seen. */
async function warmUp(worker, row) {
  let steps = 10
  for (let spent = 0; spent < warmUpMicroseconds; ) {
    const each = await worker.block(row, steps)
    spent += each * steps
    steps = Math.max(1, Math.min(steps * 10, Math.round(blockMicroseconds / each)))
  }
  return steps
}

module.exports = { race }
