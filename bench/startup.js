'use strict'

const { execFileSync } = require('node:child_process')
const { oneThread, python, root } = require('./sides')
const { median } = require('./statistics')

const ours = `const start = performance.now()
require('node-libtorch')
console.log(performance.now() - start)`

const theirs = `import time
start = time.perf_counter()
import torch
print((time.perf_counter() - start) * 1000)`

/** Milliseconds to load each library in a fresh process, and of that process as a whole. */
function startup(runs = 5) {
  const samples = { ours: [], python: [] }
  for (let i = 0; i < runs; i++) {
    samples.ours.push(measure(process.execPath, ['-e', ours]))
    samples.python.push(measure(python(), ['-c', theirs]))
  }
  return { ours: medians(samples.ours), python: medians(samples.python) }
}

function measure(command, args) {
  const start = performance.now()
  const output = execFileSync(command, args, { cwd: root, env: oneThread, encoding: 'utf8' })
  return { load: Number(output), process: performance.now() - start }
}

function medians(samples) {
  return {
    load: median(samples.map((sample) => sample.load)),
    process: median(samples.map((sample) => sample.process))
  }
}

module.exports = { startup }
