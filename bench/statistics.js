'use strict'

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function summary(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), values }
}

module.exports = { median, summary }
