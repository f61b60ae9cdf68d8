'use strict'

const { sides } = require('./sides')
const { median } = require('./statistics')

function number(value) {
  return value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0)
}

const range = ({ median, min, max }) =>
  `${number(median).padStart(8)} (${number(min)}..${number(max)})`

/** How many times as fast as `other`: the median of the rounds, whose blocks share a mood. */
function speedup(other, one) {
  if (!other || !one) return null
  return median(one.values.map((value, i) => other.values[i] / value))
}

const times = (value) => (value === null ? '-' : `${value.toFixed(2)}x`)

const said = (verdict) =>
  typeof verdict === 'number' ? `within ${verdict.toExponential(0)}` : verdict

/** One row of the benchmark: a line for each side, with `missing` the reasons of those without. */
function printRow(title, { microseconds, losses, missing }) {
  const head = ['', 'us a step (min..max)', 'of C++', 'of Python', losses ? 'losses' : '']
  console.log(`\n${title}`)
  printCells(head)
  for (const [side, result] of Object.entries(microseconds)) {
    const ratios = ['cpp', 'python'].map((name) => times(speedup(microseconds[name], result)))
    const verdict = losses ? said(losses.verdicts[side]) : ''
    const remark = losses?.wrong.includes(side) ? `WRONG (${verdict})` : verdict
    printCells([sides[side].title, range(result), ...ratios, remark])
  }
  for (const [side, reason] of Object.entries(missing)) printCells([sides[side].title, reason])
}

function printCells([name, time, ...rest]) {
  const cells = rest.map((text) => text.padStart(12)).join('  ')
  console.log(`  ${name.padEnd(26)}${time.padEnd(30)}${cells}`.trimEnd())
}

/** How often a compiled step is as fast as an eager one of C++, beside what is aimed at. */
function printAims(results, rows) {
  const ways = ['compiled', 'run']
  const lines = Object.entries(results).flatMap(([row, { microseconds }]) =>
    ways.filter((way) => microseconds[way]).map((way) => aimLine(rows[row], way, microseconds))
  )
  if (lines.length === 0) return
  console.log('\nTimes as fast as C++ eager and Python eager, and the aims')
  for (const line of lines) console.log(`  ${line}`)
}

function aimLine({ title, aim, aimPython }, way, microseconds) {
  const parts = [
    ['C++', speedup(microseconds.cpp, microseconds[way]), aim],
    ['Python', speedup(microseconds.python, microseconds[way]), aimPython]
  ]
  const texts = parts.map(([name, value, wanted]) => {
    if (!wanted || value === null) return `${times(value)} ${name}`
    return `${times(value)} ${name} (aim ${wanted}x: ${value >= wanted ? 'reached' : 'MISSED'})`
  })
  return `${title.padEnd(32)} ${sides[way].title.padEnd(18)} ${texts.join(', ')}`
}

/** Names down, rows across; `cell(name, row)` is a text. */
function printGrid(names, columns, cell) {
  const width = Math.max(...names.map((name) => name.length)) + 2
  const line = (first, cells) =>
    `  ${first.padEnd(width)}${cells.map((text) => text.padStart(20)).join('')}`
  console.log(line('', columns))
  for (const name of names) {
    console.log(
      line(
        name,
        columns.map((column) => cell(name, column))
      )
    )
  }
}

module.exports = { number, printAims, printGrid, printRow, speedup, times }
