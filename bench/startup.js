'use strict'

const { execFileSync } = require('node:child_process')
const { environment, root } = require('./sides')
const { median } = require('./statistics')

const ours = `const start = performance.now()
require('node-libtorch')
console.log(performance.now() - start)`

const theirs = `import time
start = time.perf_counter()
import torch
print((time.perf_counter() - start) * 1000)`

/** Milliseconds to load each library in a fresh process, and of that process as a whole. */
function startup(at, runs = 5) {
  const commands = { ours: [process.execPath, ['-e', ours]], python: [at.python, ['-c', theirs]] }
  const names = Object.keys(commands).filter((name) => commands[name][0])
  const samples = Object.fromEntries(names.map((name) => [name, []]))
  for (let i = 0; i < runs; i++) {
    for (const name of names) samples[name].push(measure(at, ...commands[name]))
  }
  return Object.fromEntries(names.map((name) => [name, medians(samples[name])]))
}

function measure(at, command, args) {
  const start = performance.now()
  const options = { cwd: root, env: environment(at), encoding: 'utf8' }
  const output = execFileSync(command, args, options)
  return { load: Number(output), process: performance.now() - start }
}

function medians(samples) {
  return {
    load: median(samples.map((sample) => sample.load)),
    process: median(samples.map((sample) => sample.process))
  }
}

module.exports = { startup }
