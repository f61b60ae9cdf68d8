'use strict'

const { median } = require('./statistics')

const sideColumns = ['python', 'cpp', 'ours', 'tfjs']

function printHeader() {
  console.log('\nMicroseconds a step, one thread: median (min..max) of interleaved blocks')
  printLine('row', sideColumns, ['ours/cpp', 'ours/python'])
}

/** One line of the table; `result` maps each side that ran to its summary. */
function printRow(name, result) {
  const cells = sideColumns.map((side) => cell(result[side]))
  printLine(name, cells, [ratio(result.ours, result.cpp), ratio(result.ours, result.python)])
}

function printLine(name, cells, ratios) {
  const wide = cells.map((text) => text.padStart(19))
  const narrow = ratios.map((text) => text.padStart(13))
  console.log([name.padEnd(25), ...wide, ...narrow].join(''))
}

function cell(summary) {
  if (!summary) return '-'
  return `${number(summary.median)} (${number(summary.min)}..${number(summary.max)})`
}

/** The median of the rounds' ratios: blocks of one round share the machine's mood. */
function ratio(a, b) {
  return a && b ? median(a.values.map((value, i) => value / b.values[i])).toFixed(2) : '-'
}

function number(value) {
  return value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0)
}

module.exports = { printHeader, printRow }
