// Running other programs for setup and doctor.
'use strict'

const { spawn, spawnSync } = require('node:child_process')

/** Runs to the end, silently: { ok, signal, out, err }. A program that is not there is not ok. */
function ask(command, args, options = {}) {
  const asked = spawnSync(command, args, { encoding: 'utf8', timeout: 60000, ...options })
  const { status, signal, stdout, stderr } = asked
  return { ok: status === 0, signal, out: stdout ?? '', err: stderr ?? '' }
}

const patience = 5000

// A signal that ends setup ends what it runs, too: an orphan would go on writing. SIGINT to the
// whole group, since a Python may stand behind a shell script, and pip then cleans up.
function endWithUs(child) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const end = (signal) => {
    try {
      process.kill(-child.pid, signal)
    } catch {}
  }
  const stop = () => {
    child.on('close', () => process.exit(130))
    setTimeout(() => {
      end('SIGKILL')
      process.exit(130)
    }, patience)
    end('SIGINT')
  }
  for (const signal of signals) process.once(signal, stop)
  child.on('close', () => {
    for (const signal of signals) process.off(signal, stop)
  })
}

/** Runs a long program; on failure the error ends with the last lines that it printed. */
function runQuietly(command, args, { env = process.env, cwd, onText = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'pipe']
    const child = spawn(command, args, { cwd, env, stdio, detached: true })
    endWithUs(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-20000)
        onText(text)
      })
    }
    child.on('error', (error) => reject(new Error(`${command} does not run: ${error.message}`)))
    child.on('close', (status, signal) => {
      if (status === 0) return resolve()
      const tail = output.trim().split('\n').slice(-60).join('\n')
      const name = [command, ...args].join(' ')
      reject(Object.assign(new Error(`${tail}\n${name} failed (${signal ?? status})`), { output }))
    })
  })
}

/** Is the program on PATH? */
const isThere = (command) => ask('sh', ['-c', 'command -v "$1"', 'sh', command]).ok

module.exports = { ask, isThere, runQuietly }
