'use strict'

// npm run bench: microseconds a training step at one thread, side by side in one run.
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { libtorchs } = require('../bench/libtorchs')
const { hasFailed, measure } = require('../bench/measure')
const { profile } = require('../bench/profile')
const { rows, trainings } = require('../bench/rows')
const { root, sides } = require('../bench/sides')
const { setUp } = require('./steps')

const usual = Object.keys(sides).filter((side) => !sides[side].isExtra)

const usage = `npm run bench -- [options]
  --libtorch A,B   versions, such as 1.13,2.15 (what setup chose, and the newest wheel)
  --rows A,B       of ${Object.keys(rows).join(', ')}
  --only A,B       sides, of ${Object.keys(sides).join(', ')}
                   (all but ${Object.keys(sides).filter((side) => sides[side].isExtra)})
  --quick          short blocks and speed only: to see that all sides run
  --rounds N       timed blocks of about 0.2 s a row and side (5)
  --profile ROW    instead: where the time of a row goes, on the sides of --only (compiled, run)
  --json PATH      where the numbers go (bench/results/DATE.json)
  --no-passes      leave out what each optimisation of a compiled step is worth
  --no-memory      leave out the 1,000,000 steps for resident memory
  --no-peak        leave out peak memory
  --no-beside      leave out how free the event loop is during train()
  --no-startup     leave out the time to load the library`

const flag = (value) => ({ type: 'boolean', default: value })

function options() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      libtorch: { type: 'string' },
      rows: { type: 'string', default: Object.keys(rows).join() },
      only: { type: 'string' },
      quick: flag(false),
      rounds: { type: 'string' },
      profile: { type: 'string' },
      json: { type: 'string' },
      passes: flag(true),
      memory: flag(true),
      peak: flag(true),
      beside: flag(true),
      startup: flag(true),
      help: flag(false)
    }
  })
  const { quick } = values
  if (values.profile !== undefined) choice('--profile', values.profile, trainings)
  const only = values.only ?? (values.profile === undefined ? usual.join() : 'compiled,run')
  return {
    ...values,
    ...(quick && { passes: false, memory: false, peak: false, beside: false, startup: false }),
    libtorch: values.libtorch?.split(','),
    rounds: positive(values.rounds ?? (quick ? '2' : '5')),
    blockSeconds: quick ? 0.05 : 0.2,
    rows: choice('--rows', values.rows, rows),
    only: choice('--only', only, sides)
  }
}

function positive(text) {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new RangeError(`--rounds: expected a positive whole number, got ${text}; use --rounds 5`)
}

function choice(name, text, among) {
  const chosen = text.split(',')
  const wrong = chosen.find((word) => !Object.hasOwn(among, word))
  if (wrong === undefined) return chosen
  const known = Object.keys(among).join(', ')
  throw new RangeError(`${name}: expected names of ${known}, got ${wrong}; separate them by commas`)
}

async function main() {
  const chosen = options()
  if (chosen.help) return console.log(usage)
  setUp()
  const started = new Date()
  const places = await libtorchs(
    chosen.libtorch,
    chosen.only.some((side) => sides[side].isNewest)
  )
  if (chosen.profile !== undefined) {
    for (const at of places) await profile(at, chosen.profile, chosen.only)
    return undefined
  }
  const report = { started, machine: machine(), libtorchs: [] }
  console.log('\nOne thread; medians of blocks that the sides take in turn')
  for (const at of places) report.libtorchs.push(await measure(at, chosen))
  report.seconds = (Date.now() - started) / 1000
  save(report, chosen.json ?? defaultFile(started))
  if (report.libtorchs.some(hasFailed)) process.exitCode = 1
  return undefined
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
  console.log(`\nWritten: ${path.relative(process.cwd(), path.resolve(file))}`)
  console.log(`${report.seconds.toFixed(0)} s in all`)
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
