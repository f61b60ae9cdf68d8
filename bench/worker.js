'use strict'

const fs = require('node:fs')
const readline = require('node:readline')
const { spawn } = require('node:child_process')

/**
 * One side of the benchmark in a process of its own: told "COMMAND ROW COUNT", it answers with a
 * line. Sides stay alive between blocks, so that they can take turns.
 */
class Worker {
  constructor({ command, args, env }) {
    this.errors = ''
    this.child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stderr.on('data', (text) => {
      this.errors = (this.errors + text).slice(-4000)
    })
    this.child.stdin.on('error', () => {})
    this.exit = new Promise((_, reject) => {
      this.child.once('error', reject)
      this.child.once('close', (code, signal) => reject(new Error(this.reason(code ?? signal))))
    })
    this.exit.catch(() => {})
    this.lines = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  /** Starts the process and waits for its greeting, a line that names it. */
  static async start(side) {
    const worker = new Worker(side)
    worker.greeting = await worker.line()
    worker.libtorch = loadedLibtorch(worker.child.pid)
    return worker
  }

  /** Microseconds a step over a block of `steps` steps of `row`. */
  async block(row, steps) {
    return Number(await this.ask('time', row, steps)) / steps / 1000
  }

  /** The losses of the next `steps` steps of `row`. */
  async losses(row, steps) {
    return (await this.ask('losses', row, steps)).trim().split(' ').map(Number)
  }

  /** Rejects where the row cannot be run, with the reason. */
  async ask(command, row, count = 0) {
    this.child.stdin.write(`${command} ${row} ${count}\n`)
    const line = await this.line()
    if (line.startsWith('error ')) throw new Error(line.slice('error '.length))
    return line
  }

  async line() {
    const { value, done } = await Promise.race([this.lines.next(), this.exit])
    return done ? this.exit : value
  }

  stop() {
    this.child.stdin.end()
  }

  /** The error that ended the process: Python names it last, Node in a line "XError: ...". */
  reason(code) {
    const lines = this.errors.split('\n').filter((line) => line.trim() !== '')
    const named = lines.findLast((line) => /^\w*Error\b/.test(line))
    return named ?? lines.at(-1) ?? `exited with ${code}`
  }
}

/** The libtorch_cpu.so that a process has loaded, if it has one and there is a /proc. */
function loadedLibtorch(pid) {
  const maps = `/proc/${pid}/maps`
  if (!fs.existsSync(maps)) return undefined
  const file = /\/\S*libtorch_cpu\.so\S*/.exec(fs.readFileSync(maps, 'utf8'))?.[0]
  return file && fs.existsSync(file) ? fs.realpathSync(file) : file
}

module.exports = { Worker }
