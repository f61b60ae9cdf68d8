'use strict'

// Resident memory over 1,000,000 document steps: `node bench/memory.js eager | compiled | run`. The
// first two are one synchronous loop, in which the event loop never turns: no dispose, no scope. What
// step.run() returns has 8 bytes a step, the losses: those of before are collected for each sample.
// Started by scripts/bench.js it also sends its samples there.
const torch = require('node-libtorch')
const { ways } = require('./ours')

const samplesWanted = 10

async function main(way, steps) {
  torch.setNumThreads(1)
  const work = ways[way]('document')
  const samples = []
  for (let i = 1; i <= samplesWanted; i++) {
    const turn = work.run(steps / samplesWanted)
    if (way === 'run') {
      await turn
      global.gc?.()
    }
    const rss = process.memoryUsage.rss() / 2 ** 20
    samples.push({ steps: (i * steps) / samplesWanted, rss })
  }
  const growth = (samples.at(-1).rss / samples[0].rss - 1) * 100
  const figures = samples.map(({ rss }) => rss.toFixed(1)).join(' ')
  console.log(`  ${way.padEnd(9)} ${figures} MiB: ${growth.toFixed(2)} % (aim: less than 5 %)`)
  process.send?.({ samples, growth })
}

main(process.argv[2], Number(process.argv[3] ?? 1_000_000)).catch((error) => {
  console.log(`  ${process.argv[2].padEnd(9)} ${error.message}`)
  process.exitCode = 1
})
