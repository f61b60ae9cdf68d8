// libtorch and the compilers from Debian's packages.
'use strict'

const { ask, isThere, runQuietly } = require('./command')
const { phase } = require('./progress')

/** What stands before a command that needs root: nothing, sudo without a password, or null. */
function asRoot() {
  if (process.getuid?.() === 0) return []
  return isThere('sudo') && ask('sudo', ['-n', 'true']).ok ? ['sudo', '-n'] : null
}

const candidate = (name) => {
  const said = ask('apt-cache', ['policy', name]).out.match(/Candidate: (\S+)/)?.[1]
  return said === undefined || said === '(none)' ? null : said
}

const noninteractive = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']

async function aptGet(args) {
  const [command, ...rest] = [...asRoot(), ...noninteractive, ...args]
  await runQuietly(command, rest)
}

let updated = false
async function update() {
  if (updated) return
  updated = true
  await phase('refreshing the package lists', () => aptGet(['update', '-qq'])).catch((error) => {
    process.stdout.write(`setup: going on with the old lists (${error.message.split('\n')[0]})\n`)
  })
}

/** Why apt cannot be used here, or null where it can. */
function obstacle() {
  if (!isThere('apt-get')) return 'this system has no apt-get'
  return asRoot() ? null : 'installing packages needs root or sudo without a password'
}

/** The version of libtorch-dev that apt would install, or null. */
async function offersLibtorch() {
  if (obstacle()) return null
  // A fresh image has no lists at all: they are fetched before the answer counts.
  if (!candidate('libtorch-dev')) await update()
  return candidate('libtorch-dev')
}

async function install(packages) {
  await update()
  await phase(`installing ${packages.join(' ')}`, () =>
    aptGet(['install', '-y', '-qq', '--no-install-recommends', ...packages])
  )
}

module.exports = { install, obstacle, offersLibtorch }
