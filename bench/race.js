'use strict'

const { summary } = require('./statistics')

/**
 * Times racers that take turns: `rounds` times a block of about `blockSeconds` each, after a warm-up
 * twice as long. A racer is { worker, row }; resolves to microseconds a step by racer.
 */
async function race(racers, { rounds, blockSeconds }) {
  const block = blockSeconds * 1e6
  const steps = {}
  const values = {}
  for (const [name, { worker, row }] of Object.entries(racers)) {
    steps[name] = await warmUp(worker, row, block)
    values[name] = []
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, { worker, row }] of Object.entries(racers)) {
      values[name].push(await worker.block(row, steps[name]))
    }
  }
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, summary(all)]))
}

/** Runs until the code is hot; the steps of a timed block follow from the last speed seen. */
async function warmUp(worker, row, block) {
  let steps = 10
  for (let spent = 0; spent < 2 * block; ) {
    const each = await worker.block(row, steps)
    spent += each * steps
    steps = Math.max(1, Math.min(steps * 10, Math.round(block / each)))
  }
  return steps
}

module.exports = { race }
