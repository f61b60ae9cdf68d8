'use strict'

// Peak resident memory of a process that trains a 784-1024-1024-10 network with batch 256 in one
// synchronous loop: `node bench/peak.js STEPS` prints it in bytes, as bench/peak.py does.
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync } = require('node:child_process')

function train(steps) {
  const torch = require('node-libtorch')
  const { mlpStep } = require('./ours')
  torch.setNumThreads(1)
  const step = mlpStep([784, 1024, 1024, 10], 256)
  for (let i = 0; i < steps; i++) step()
}

/** The kernel's count of this process. */
function peakOfThis() {
  return Number(/VmHWM:\s+(\d+) kB/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
}

/** Bytes of a fresh process that trains, on one of the benchmark's sides. */
function peakOf(side, steps = 100) {
  const { sides } = require('./sides')
  const { command, env } = sides[side]()
  const script = path.join(__dirname, side === 'python' ? 'peak.py' : 'peak.js')
  return Number(execFileSync(command, [script, String(steps)], { env, encoding: 'utf8' }))
}

module.exports = { peakOf }

if (require.main === module) {
  train(Number(process.argv[2]))
  console.log(peakOfThis())
}
