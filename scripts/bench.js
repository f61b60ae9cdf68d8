'use strict'

// npm run bench: microseconds a training step at one thread, side by side in one run.
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { fork } = require('node:child_process')
const { parseArgs } = require('node:util')
const { race } = require('../bench/race')
const { oneThread, root, sides } = require('../bench/sides')
const { startup } = require('../bench/startup')
const { printRow, printHeader } = require('../bench/table')
const { Worker } = require('../bench/worker')

// Four training steps, then what crossing into the library costs.
const rows = {
  document: 'document',
  '8-32-1': '8-32-1 batch 32',
  '64-128-10': '64-128-10 batch 128',
  '784-256-128-10': '784-256-128-10 batch 128',
  'empty-call': 'getNumThreads()',
  detach: 'x.detach()',
  'add-4': 'a.add(b), 4 elements'
}
const tfjsRows = ['document', '64-128-10']

const usage = `npm run bench -- [options]
  --rounds N     timed blocks of about 0.3 s a row and side (7)
  --rows A,B     of ${Object.keys(rows).join(', ')}
  --only A,B     sides, of ${Object.keys(sides).join(', ')}
  --json PATH    where the numbers go (bench/results/DATE.json)
  --no-memory    leave out the 1,000,000 steps for resident memory
  --no-startup   leave out the time to load the library`

function options() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      rounds: { type: 'string', default: '7' },
      rows: { type: 'string', default: Object.keys(rows).join() },
      only: { type: 'string', default: Object.keys(sides).join() },
      json: { type: 'string' },
      memory: { type: 'boolean', default: true },
      startup: { type: 'boolean', default: true },
      help: { type: 'boolean' }
    }
  })
  return {
    ...values,
    rounds: positive(values.rounds),
    rows: choice('--rows', values.rows, rows),
    only: choice('--only', values.only, sides)
  }
}

function positive(text) {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new RangeError(`--rounds: expected a positive whole number, got ${text}; use --rounds 7`)
}

function choice(name, text, among) {
  const chosen = text.split(',')
  const wrong = chosen.find((word) => !Object.hasOwn(among, word))
  if (wrong === undefined) return chosen
  const known = Object.keys(among).join(', ')
  throw new RangeError(`${name}: expected names of ${known}, got ${wrong}; separate them by commas`)
}

/** Starts the sides; one that cannot run is named with its reason and left out. */
async function startWorkers(names) {
  const workers = {}
  for (const name of names) {
    try {
      workers[name] = await Worker.start(sides[name]())
      const { greeting, libtorch } = workers[name]
      console.log(`${name.padEnd(7)}${greeting}${libtorch ? `, ${libtorch}` : ''}`)
    } catch (error) {
      console.log(`${name.padEnd(7)}cannot run: ${error.message.split('\n')[0]}`)
    }
  }
  const files = new Set(Object.values(workers).flatMap((worker) => worker.libtorch ?? []))
  if (Object.keys(workers).length === 0) throw new Error('no side of the benchmark can run')
  if (files.size > 1) console.log('warning: the sides run on different libtorchs; set BENCH_PYTHON')
  return workers
}

async function speed(workers, chosenRows, rounds) {
  const results = {}
  printHeader()
  for (const row of chosenRows) {
    const racing = Object.entries(workers).filter(
      ([side]) => side !== 'tfjs' || tfjsRows.includes(row)
    )
    results[row] = await race(row, Object.fromEntries(racing), rounds)
    printRow(rows[row], results[row])
  }
  return results
}

function memory() {
  console.log('\nResident memory, 1,000,000 document steps in one synchronous loop')
  return new Promise((resolve) => {
    let result
    const child = fork(path.join(root, 'bench', 'memory.js'), { env: oneThread })
    child.once('message', (message) => {
      result = message
    })
    child.once('close', (code) => resolve(result ?? { error: `exited with ${code}` }))
  })
}

/** The whole process's peak memory over a training loop, on each side, in MiB. */
function peak(names) {
  const { peakOf } = require('../bench/peak')
  const result = {}
  console.log('\nPeak resident memory, 784-1024-1024-10 batch 256, 100 steps')
  for (const side of names) result[side] = peakOf(side)
  for (const [side, bytes] of Object.entries(result)) {
    console.log(`  ${side.padEnd(7)} ${(bytes / 2 ** 20).toFixed(1)} MiB`)
  }
  const ratio = result.ours / result.python
  console.log(`  ours/python ${ratio.toFixed(2)} (aim: at most 1.3)`)
  return { ...result, ratio }
}

function load() {
  const result = startup()
  console.log('\nLoading the library, milliseconds (medians of 5 fresh processes)')
  for (const [side, { load: own, process: whole }] of Object.entries(result)) {
    console.log(`  ${side.padEnd(7)} ${own.toFixed(0)}, whole process ${whole.toFixed(0)}`)
  }
  return result
}

function countLines(folder) {
  const files = fs.readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => fs.readFileSync(path.join(file.parentPath ?? file.path, file.name), 'utf8'))
  return texts.reduce((sum, text) => sum + text.split('\n').length - 1, 0)
}

async function main() {
  const chosen = options()
  if (chosen.help) return console.log(usage)
  const started = new Date()
  const report = { started, machine: machine(), sides: {} }
  const workers = await startWorkers(chosen.only)
  for (const [side, { greeting, libtorch }] of Object.entries(workers)) {
    report.sides[side] = { greeting, libtorch }
  }
  report.microseconds = await speed(workers, chosen.rows, chosen.rounds)
  for (const worker of Object.values(workers)) worker.stop()
  if (workers.ours && chosen.memory) report.memory = await memory()
  if (workers.ours && workers.python && chosen.memory) report.peak = peak(['python', 'ours'])
  if (workers.ours && workers.python && chosen.startup) report.startup = load()
  report.lines = { native: countLines('native'), lib: countLines('lib') }
  console.log(`\nLines: native/ ${report.lines.native}, lib/ ${report.lines.lib}`)
  save(report, chosen.json ?? defaultFile(started))
  const missing = chosen.only.filter((side) => side !== 'tfjs' && !workers[side])
  if (missing.length > 0) process.exitCode = 1
}

function machine() {
  const cpus = os.cpus()
  return { cpu: cpus[0]?.model, cores: cpus.length, load: os.loadavg(), platform: process.platform }
}

function defaultFile(date) {
  const name = date.toISOString().slice(0, 19).replaceAll(':', '-')
  return path.join(root, 'bench', 'results', `${name}.json`)
}

function save(report, file) {
  fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true })
  fs.writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  console.log(`Written: ${path.relative(process.cwd(), path.resolve(file))}`)
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
