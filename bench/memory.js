'use strict'

// Resident memory over 1,000,000 document steps in one synchronous loop: no dispose, no scope, and
// the event loop never turns. Started by scripts/bench.js it also sends its samples there.
const { setNumThreads } = require('node-libtorch')
const { documentStep } = require('./ours')

const steps = 1_000_000
const every = steps / 10

setNumThreads(1)
const step = documentStep()
const samples = []
for (let i = 1; i <= steps; i++) {
  step()
  if (i % every === 0) {
    const rss = process.memoryUsage.rss() / 2 ** 20
    samples.push({ steps: i, rss })
    console.log(`  ${String(i).padStart(9)} steps  ${rss.toFixed(1)} MiB`)
  }
}
const growth = (samples.at(-1).rss / samples[0].rss - 1) * 100
console.log(`  from ${every} steps to the end: ${growth.toFixed(2)} % (aim: less than 5 %)`)
process.send?.({ samples, growth })
