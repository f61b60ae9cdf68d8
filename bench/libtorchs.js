'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { find } = require('../scripts/libtorch')
const { newest, prepareWheel } = require('../scripts/test/wheel')

const matches = (version, wanted) => `${version}.`.startsWith(`${wanted}.`)

/** BENCH_PYTHON, else the python3 of the prefix that a libtorch lies in: /usr, or a virtual one. */
function pythonOf(found) {
  if (process.env.BENCH_PYTHON) return process.env.BENCH_PYTHON
  let folder = path.resolve(found.libDirs[0])
  while (!fs.existsSync(path.join(folder, 'bin', 'python3'))) {
    if (folder === path.dirname(folder)) return 'python3'
    folder = path.dirname(folder)
  }
  return path.join(folder, 'bin', 'python3')
}

/** The newest wheel with an addon and a Python of its own; what is missing is installed. */
async function wheel() {
  try {
    const { version, addon, python, reason, root } = await prepareWheel()
    const env = { ...process.env, LIBTORCH: root, NODE_LIBTORCH_ADDON: addon }
    for (const name of ['LIBTORCH_INCLUDE', 'LIBTORCH_LIB']) delete env[name]
    return { version, found: find({ env }), env, python, reason }
  } catch (error) {
    return { reason: `torch ${newest}: ${error.message.trim().split('\n').at(-1)}` }
  }
}

/**
 * The libtorchs to measure on, both ends of the range unless `wanted` (versions) chooses: what setup
 * chose, and the newest wheel. Each: { version, found, env, python, newest }, where `newest` is the
 * wheel's { python, reason }: torch.compile runs there, whatever the libtorch of the other sides. The
 * wheel is left out where none of `wanted` is it and `needsNewest` is false.
 */
async function libtorchs(wanted, needsNewest) {
  const found = find()
  const installed = { version: found.version, found, env: process.env, python: pythonOf(found) }
  const isEnough = wanted?.every((one) => matches(installed.version, one))
  const last = isEnough && !needsNewest ? { reason: 'not asked for' } : await wheel()
  const isAnother = last.version && last.version !== installed.version
  const known = isAnother ? [installed, last] : [installed]
  if (!last.version && !isEnough) console.log(`not there: ${last.reason}`)
  const strange = wanted?.find((one) => !known.some(({ version }) => matches(version, one)))
  if (strange !== undefined) {
    const versions = known.map(({ version }) => version).join(', ')
    throw new RangeError(
      `--libtorch: expected versions of ${versions}, got ${strange}; ` +
        'another one is had by npx node-libtorch setup --torch VERSION'
    )
  }
  return known
    .filter(({ version }) => !wanted || wanted.some((one) => matches(version, one)))
    .map((one) => ({ ...one, newest: { python: last.python, reason: last.reason } }))
}

module.exports = { libtorchs }
