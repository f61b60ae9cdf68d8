'use strict'

// All measurements on one libtorch, printed as they come and returned for the report.
const path = require('node:path')
const { execFileSync, fork } = require('node:child_process')
const { compareLosses, firstLosses } = require('./losses')
const { passes, printPasses } = require('./passes')
const { peakOf } = require('./peak')
const { race } = require('./race')
const { calls, parse, rows, trainings } = require('./rows')
const { environment, root, sides, whyNot } = require('./sides')
const { startup } = require('./startup')
const { printAims, printGrid, printRow } = require('./table')
const { Worker } = require('./worker')

const mib = (bytes) => (bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 4 : 1)

/** Starts the sides; one that cannot run is named with its reason and left out. */
async function startWorkers(at, names) {
  const workers = {}
  const missing = {}
  for (const name of names) {
    try {
      workers[name] = await Worker.start(sides[name].start(at))
      const { greeting, libtorch } = workers[name]
      console.log(`${name.padEnd(9)}${greeting}${libtorch ? `, ${libtorch}` : ''}`)
    } catch (error) {
      missing[name] = error.message.split('\n')[0].replace(/^Error: /, '')
      console.log(`${name.padEnd(9)}${missing[name]}`)
    }
  }
  if (Object.keys(workers).length === 0) throw new Error('no side of the benchmark can run')
  const shared = Object.entries(workers).filter(([name]) => sides[name].bits)
  const files = new Set(shared.flatMap(([, worker]) => worker.libtorch ?? []))
  if (files.size > 1) console.log('warning: the sides run on different libtorchs; set BENCH_PYTHON')
  return { workers, missing }
}

async function speedOf(row, { workers, missing }, how) {
  const isTraining = Object.hasOwn(trainings, row)
  const unable = {}
  const able = { ...workers }
  for (const side of Object.keys(workers)) {
    const reason = whyNot(side, row)
    if (reason === null) continue
    delete able[side]
    unable[side] = reason
  }
  const { losses, failed } = isTraining ? await firstLosses(able, row) : { failed: {} }
  for (const side of Object.keys(failed)) delete able[side]
  const racers = Object.entries(able).map(([side, worker]) => [side, { worker, row }])
  const result = {
    microseconds: await race(Object.fromEntries(racers), how),
    losses: losses && compareLosses(losses, parse(row).optimizer),
    missing: isTraining ? { ...unable, ...failed, ...missing } : {},
    failed
  }
  printRow(rows[row].title, result)
  return result
}

async function speed(started, chosenRows, how) {
  const results = {}
  for (const row of chosenRows) results[row] = await speedOf(row, started, how)
  printAims(results, rows)
  return results
}

/** 1,000,000 document steps each way, in a process of its own. */
async function memory(at, ways) {
  console.log('\nResident memory over 1,000,000 document steps, one sample a tenth')
  const results = {}
  for (const way of ways) results[way] = await memoryOf(at, way)
  return results
}

function memoryOf(at, way) {
  return new Promise((resolve) => {
    let result
    const how = { env: environment(at), execArgv: ['--expose-gc'] }
    const child = fork(path.join(root, 'bench', 'memory.js'), [way], how)
    child.once('message', (message) => {
      result = message
    })
    child.once('close', (code) => resolve(result ?? { error: `exited with ${code}` }))
  })
}

/** The peak memory of each row on each of the sides. */
async function peak(at, chosenRows, names) {
  const results = {}
  for (const row of chosenRows) {
    results[row] = {}
    for (const side of names) results[row][side] = await peakOrReason(side, at, row)
  }
  printPeak(results, names, 'tensors', 'Peak memory in tensors, MiB (times that of C++)')
  printPeak(results, names, 'growth', 'Peak resident memory beyond the loaded library, MiB')
  printPeak(results, names, 'process', 'Peak resident memory of the whole process, MiB')
  return results
}

async function peakOrReason(side, at, row) {
  try {
    return await peakOf(side, at, row, 100)
  } catch (error) {
    return { error: error.message }
  }
}

function printPeak(results, names, kind, title) {
  console.log(`\n${title}`)
  printGrid(Object.keys(results), names, (row, side) => {
    const [bytes, ofCpp] = [results[row][side][kind], results[row].cpp?.[kind]]
    if (!bytes) return '-'
    return ofCpp ? `${mib(bytes)} (${(bytes / ofCpp).toFixed(2)}x)` : mib(bytes)
  })
}

function load(at) {
  const result = startup(at)
  console.log('\nLoading the library, milliseconds (medians of 5 fresh processes)')
  for (const [side, { load: own, process: whole }] of Object.entries(result)) {
    console.log(`  ${side.padEnd(7)} ${own.toFixed(0)}, whole process ${whole.toFixed(0)}`)
  }
  return result
}

/** How free the event loop is while a model is trained: bench/beside.js, in processes of its own. */
function beside(at) {
  console.log('\nA 1 ms timer beside train() and a server that answers 1,000 requests, ms late')
  const results = {}
  for (const way of ['idle', 'compiled', 'eager']) {
    const args = [path.join(root, 'bench', 'beside.js'), way]
    const how = { env: environment(at), encoding: 'utf8' }
    const found = JSON.parse(execFileSync(process.execPath, args, how))
    const figures = ['median', 'p99', 'longest'].map((name) => `${name} ${found[name].toFixed(2)}`)
    const title = way === 'idle' ? 'no training' : way
    console.log(`  ${title.padEnd(12)} ${figures.join(', ')} (aim: p99 under 5)`)
    results[way] = found
  }
  return results
}

/** Everything that was chosen (scripts/bench.js says what can be) on one libtorch. */
async function measure(at, chosen) {
  console.log(`\n=== libtorch ${at.version} ===`)
  const started = await startWorkers(at, chosen.only)
  const { workers, missing } = started
  const report = { libtorch: at.version, sides: {}, missing }
  for (const [side, { greeting, libtorch }] of Object.entries(workers)) {
    report.sides[side] = { greeting, libtorch }
  }
  const trained = chosen.rows.filter((row) => !Object.hasOwn(calls, row))
  report.speed = await speed(started, chosen.rows, chosen)
  if (workers.compiled && chosen.passes && trained.length > 0) {
    const how = { rounds: chosen.rounds, blockSeconds: chosen.blockSeconds / 3 }
    report.passes = await passes(workers.compiled, trained, how)
    printPasses(report.passes)
  }
  for (const worker of Object.values(workers)) worker.stop()
  const own = Object.entries({ ours: 'eager', compiled: 'compiled', run: 'run' })
  const ways = own.filter(([side]) => workers[side]).map(([, way]) => way)
  if (chosen.memory && ways.length > 0) report.memory = await memory(at, ways)
  const measured = ['cpp', 'compiled', 'run', 'ours', 'python'].filter((side) => workers[side])
  if (chosen.peak && trained.length > 0) report.peak = await peak(at, trained, measured)
  if (chosen.beside && workers.run) report.beside = beside(at)
  if (chosen.startup && workers.ours) report.startup = load(at)
  return report
}

/** Whether a report says that something does not run or computes something else. */
const hasFailed = ({ missing, speed }) =>
  Object.keys(missing).some((side) => side !== 'tfjs') ||
  Object.values(speed).some(
    ({ losses, failed }) => losses?.wrong.length > 0 || Object.keys(failed).length > 0
  )

module.exports = { hasFailed, measure }
