// The order of the test files: those that take longest first, so that none runs alone at the end.
'use strict'

const path = require('node:path')
const { default: Sequencer } = require('@jest/test-sequencer')

// Measured; Jest knows the times itself only where it has run before.
const longest = [54, 105, 94, 72, 99, 62, 88, 95, 14, 73, 74, 100, 65, 64, 86, 80, 79]

const rank = ({ path: file }) => {
  const found = longest.indexOf(Number.parseInt(path.basename(file), 10))
  return found < 0 ? longest.length : found
}

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => rank(a) - rank(b))
  }
}
