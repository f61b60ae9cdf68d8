'use strict'

const sideColumns = ['python', 'cpp', 'ours', 'tfjs']
const width = { row: 25, side: 19, ratio: 13 }

function printHeader() {
  console.log('\nMicroseconds a step, one thread: median (min..max) of interleaved blocks')
  const cells = sideColumns.map((name) => name.padStart(width.side))
  const ratios = ['ours/cpp', 'ours/python'].map((name) => name.padStart(width.ratio))
  console.log(['row'.padEnd(width.row), ...cells, ...ratios].join(''))
}

/** One line of the table; `result` maps each side that ran to its summary. */
function printRow(name, result) {
  const cells = sideColumns.map((side) => cell(result[side]).padStart(width.side))
  const ratios = [ratio(result.ours, result.cpp), ratio(result.ours, result.python)]
  console.log(
    [name.padEnd(width.row), ...cells, ...ratios.map((text) => text.padStart(width.ratio))].join(''),
  )
}

function cell(summary) {
  if (!summary) return '-'
  return `${number(summary.median)} (${number(summary.min)}..${number(summary.max)})`
}

function ratio(a, b) {
  return a && b ? (a.median / b.median).toFixed(2) : '-'
}

function number(value) {
  return value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0)
}

module.exports = { printHeader, printRow }
