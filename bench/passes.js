'use strict'

const { race } = require('./race')
const { median } = require('./statistics')
const { number, printGrid } = require('./table')

/**
 * What each optimisation of the recorded list is worth: the compiled step with that one left out, in
 * turn with all of them. Resolves to { row: { pass: summary, all: summary } }, without the rows that
 * cannot be compiled, whose reasons it prints.
 */
async function passes(worker, rows, how) {
  const results = {}
  for (const row of rows) {
    try {
      const names = JSON.parse(await worker.ask('passes', row))
      const without = names.map((name) => [name, { worker, row: `${row}!${name}` }])
      results[row] = await race({ all: { worker, row }, ...Object.fromEntries(without) }, how)
    } catch (error) {
      console.log(`\n${row}: no passes to compare: ${error.message}`)
    }
  }
  return results
}

function printPasses(results) {
  const rows = Object.keys(results)
  if (rows.length === 0) return
  console.log('\nEach optimisation: us a step without it (times as long as with all of them)')
  const cell = (name, row) => {
    const [one, all] = [results[row][name], results[row].all]
    if (name === 'all') return number(one.median)
    const ratio = median(one.values.map((value, i) => value / all.values[i]))
    return `${number(one.median)} (${ratio.toFixed(2)}x)`
  }
  printGrid(Object.keys(results[rows[0]]), rows, cell)
}

module.exports = { passes, printPasses }
