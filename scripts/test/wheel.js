// The newest supported libtorch: its wheel, an addon of its own, and its Python.
'use strict'

const path = require('node:path')
const { buildAddon } = require('../build/addon')
const { phase } = require('../setup/progress')
const pip = require('../setup/pip')
const { root } = require('../steps')
const { pythonFor } = require('./reference')

const newest = '2.15'

/** { version, root, addon, python }; without a python the reason. */
async function prepareWheel() {
  const found = await pip.install(newest)
  const env = { ...process.env, LIBTORCH: found.root }
  const out = path.join(root, 'build', `torch-${found.version}`)
  const { file } = await buildAddon({ out, env, quiet: true, log: console.log })
  const site = path.join(pip.cacheFolder(), `torch-${found.version}`)
  const { python, reason } = await phase('preparing its Python as the reference', () =>
    pythonFor(site)
  )
  return { version: found.version, root: found.root, addon: file, python, reason }
}

module.exports = { newest, prepareWheel }
