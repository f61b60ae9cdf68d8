'use strict'

const readline = require('node:readline')

/**
 * A Node worker of the benchmark. Prints `greeting`, then answers each line "ROW STEPS" with the
 * nanoseconds that STEPS calls of the row's step took. `rows` maps a row to a function that makes
 * its step.
 */
function serve(greeting, rows) {
  const steps = new Map()
  console.log(greeting)
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const [row, count] = line.split(' ')
    if (!steps.has(row)) steps.set(row, rows[row]())
    const nanoseconds = block(steps.get(row), Number(count))
    console.log(String(nanoseconds))
  })
}

function block(step, count) {
  const start = process.hrtime.bigint()
  for (let i = 0; i < count; i++) step()
  return process.hrtime.bigint() - start
}

module.exports = { serve }
