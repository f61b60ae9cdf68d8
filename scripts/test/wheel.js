// The newest supported libtorch: its wheel, an addon of its own, and its Python.
'use strict'

const path = require('node:path')
const { buildAddon } = require('../build/addon')
const { phase } = require('../setup/progress')
const pip = require('../setup/pip')
const { root } = require('../steps')
const { pythonFor } = require('./reference')

const newest = '2.15'

/** The wheel and its Python: { version, root, python }; without a python the reason. */
async function prepareReference() {
  const { version, root: libtorch } = await pip.install(newest)
  const site = path.join(pip.cacheFolder(), `torch-${version}`)
  const { python, reason } = await phase('preparing its Python as the reference', () =>
    pythonFor(site)
  )
  return { version, root: libtorch, python, reason }
}

/** The same, and the addon of this repository for it: { version, root, addon, python, reason }. */
async function prepareWheel() {
  const reference = await prepareReference()
  const env = { ...process.env, LIBTORCH: reference.root }
  const out = path.join(root, 'build', `torch-${reference.version}`)
  const { file } = await buildAddon({ out, env, quiet: true, log: console.log })
  return { ...reference, addon: file }
}

module.exports = { newest, prepareReference, prepareWheel }
