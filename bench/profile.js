'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawn, spawnSync } = require('node:child_process')
const { cache, sides, whyNot } = require('./sides')
const { Worker } = require('./worker')

const seconds = 5
const shown = 30

/** Says where a row's time goes on each of the sides: the recorded list, then perf's samples. */
async function profile(at, row, names) {
  for (const name of names.filter((side) => whyNot(side, row) === null)) {
    console.log(`\n${row}, ${sides[name].title}, libtorch ${at.version}`)
    try {
      await profileSide(name, at, row)
    } catch (error) {
      console.log(`  cannot run: ${error.message.split('\n')[0]}`)
    }
  }
}

async function profileSide(name, at, row) {
  const start = sides[name].start(at)
  // Has Node name its compiled functions for perf, in /tmp.
  const isNode = start.command === process.execPath
  const args = isNode ? ['--perf-basic-prof', ...start.args] : start.args
  const worker = await Worker.start({ ...start, args })
  try {
    const each = await worker.block(row, 1000)
    if (['compiled', 'run'].includes(name))
      console.log(JSON.parse(await worker.ask('explain', row)))
    await sample(worker, row, Math.max(1, Math.round(2e5 / each)), `${row}-${name}`)
  } finally {
    worker.stop()
    if (isNode) fs.rmSync(`/tmp/perf-${worker.child.pid}.map`, { force: true })
  }
}

/** Runs blocks of `steps` steps while perf watches the process; prints what it saw. */
async function sample(worker, row, steps, label) {
  if (spawnSync('perf', ['--version']).error) {
    console.log('  perf is not there (Debian, Ubuntu: linux-perf): no samples')
    return
  }
  fs.mkdirSync(cache, { recursive: true })
  const file = path.join(cache, `perf-${label.replace(':', '-')}.data`)
  const watch = ['-e', 'cpu-clock', '-F', '999', '-p', String(worker.child.pid), '-o', file]
  const perf = spawn('perf', ['record', ...watch, '--', 'sleep', String(seconds)], {
    stdio: 'ignore'
  })
  let code = null
  const end = new Promise((resolve) => perf.once('close', resolve)).then((status) => {
    code = status
  })
  const times = []
  while (code === null) times.push(await worker.block(row, steps))
  await end
  if (code !== 0) {
    console.log(`  perf record ended with ${code}: see /proc/sys/kernel/perf_event_paranoid`)
    return
  }
  console.log(`  ${times.sort((a, b) => a - b)[times.length >> 1].toFixed(1)} us a step`)
  report(file, 'dso')
  report(file, 'dso,symbol')
  console.log(`  all of it: perf report -i ${path.relative(process.cwd(), file)}`)
}

function report(file, sort) {
  const args = ['report', '-i', file, '--stdio', '--sort', sort, '--percent-limit', '0.5']
  const { stdout } = spawnSync('perf', args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  const lines = stdout.split('\n').filter((line) => /^\s+\d+\.\d+%/.test(line))
  console.log(`\n  by ${sort === 'dso' ? 'library' : 'function'}`)
  for (const line of lines.slice(0, shown)) console.log(`  ${line.trim().slice(0, 150)}`)
}

module.exports = { profile }
