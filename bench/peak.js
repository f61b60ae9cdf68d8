'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { compileCounter, sides } = require('./sides')
const { Worker } = require('./worker')

/**
 * The peak memory of a fresh process that trains a row on a side, in bytes: `process`, all of it that
 * is resident; `growth`, what of that came after loading the library; `tensors`, the most that tensors
 * (and the scratch memory of kernels) took at once, null where nothing can be loaded before libtorch.
 * Each step frees what it made: in C++ and Python by itself, in JavaScript in a scope().
 */
async function peakOf(side, at, row, steps) {
  const file = path.join(os.tmpdir(), `node-libtorch-bench-${process.pid}`)
  const { env, ...start } = sides[side].start(at)
  const counting = { LD_PRELOAD: compileCounter(), BENCH_ALLOCATIONS: file }
  const worker = await Worker.start({ ...start, env: { ...env, ...counting } })
  try {
    const loaded = status(worker.child.pid, 'VmRSS')
    await worker.ask(sides[side].collects ? 'scoped' : 'time', row, steps)
    const whole = status(worker.child.pid, 'VmHWM')
    return { process: whole, growth: whole - loaded, tensors: counted(file) }
  } finally {
    worker.stop()
    fs.rmSync(file, { force: true })
  }
}

/** What the kernel says of a process. */
function status(pid, key) {
  const text = fs.readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)[1]) * 1024
}

function counted(file) {
  if (!fs.existsSync(file)) return null
  const peak = Number(fs.readFileSync(file).readBigInt64LE(8))
  return peak > 0 ? peak : null
}

module.exports = { peakOf }
