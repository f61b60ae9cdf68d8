// What `npm start`, `npm test` and `npm run bench` do first on a fresh clone. No dependencies: this
// runs before there are any.
'use strict'

const { createHash } = require('node:crypto')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')

/** Runs a program in the repository, shows what it prints, throws where it fails. */
function run(command, args, { env = {}, cwd = root } = {}) {
  const done = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } })
  if (done.error) throw new Error(`${command} does not run: ${done.error.message}`)
  if (done.status !== 0) {
    const name = [path.basename(command), ...args.slice(0, 3)].join(' ')
    throw Object.assign(new Error(`${name} failed (${done.signal ?? done.status}), see above`), {
      status: done.status ?? 1
    })
  }
}

/**
 * The packages of package-lock.json, unless they are there. Not by npm ci: that refuses a lock file
 * without the binaries of every other platform, which not every registry has.
 */
function installPackages() {
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'))
  const hash = createHash('sha256').update(lock).digest('hex')
  const stamp = path.join(root, 'node_modules', '.installed-from')
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hash) return
  console.log('packages: npm install')
  run('npm', [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel',
    'error'
  ])
  fs.writeFileSync(stamp, hash)
}

/** Packages, libtorch, the addon and dist/; what is up to date is left alone. */
function setUp() {
  installPackages()
  run(process.execPath, [path.join(root, 'scripts', 'cli.js'), 'setup'])
  run(process.execPath, [path.join(root, 'scripts', 'build.js'), '--only', 'lib'])
}

/** Ends the process with the error's message instead of a stack trace. */
function main(work) {
  Promise.resolve()
    .then(work)
    .catch((error) => {
      console.error(error.message)
      process.exitCode = error.status || 1
    })
}

module.exports = { installPackages, main, root, run, setUp }
