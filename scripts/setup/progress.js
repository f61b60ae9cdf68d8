// One line a phase with the time it took; on a terminal a bar while it lasts.
'use strict'

const heartbeat = 30000
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

function terminalBar(name) {
  const { Presets, SingleBar } = require('cli-progress')
  const format = `setup: ${name} {bar} {percentage}% {duration_formatted}`
  const bar = new SingleBar({ format, clearOnComplete: true, hideCursor: true }, Presets.rect)
  bar.start(100, 0)
  const tick = setInterval(() => bar.updateETA(), 1000)
  return {
    update: (fraction) => bar.update(Math.round(fraction * 100)),
    stop: () => {
      clearInterval(tick)
      bar.stop()
    }
  }
}

function plainLines(name, start, print) {
  const tick = setInterval(() => print(`setup: ${name}: ${seconds(start)} so far`), heartbeat)
  return { update: () => {}, stop: () => clearInterval(tick) }
}

/** Runs `work(update)`; update takes a fraction done. Prints what is done and how long it took. */
async function phase(name, work, stream = process.stdout) {
  const print = (line) => stream.write(`${line}\n`)
  const start = Date.now()
  if (!stream.isTTY) print(`setup: ${name}`)
  const shown = stream.isTTY ? terminalBar(name) : plainLines(name, start, print)
  try {
    const result = await work(shown.update)
    shown.stop()
    print(`setup: ${name}: done in ${seconds(start)}`)
    return result
  } catch (error) {
    shown.stop()
    print(`setup: ${name}: failed after ${seconds(start)}`)
    throw error
  }
}

module.exports = { phase }
