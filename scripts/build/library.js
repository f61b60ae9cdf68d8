// Compiles lib/ into dist/: CommonJS by tsc, and a small module that names the same exports.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { hashOf, isCurrent } = require('./stamp')

const packageRoot = path.join(__dirname, '..', '..')
const dist = path.join(packageRoot, 'dist')

function tsc() {
  try {
    return path.join(path.dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
  } catch {
    return null
  }
}

// Node reads the names of a CommonJS file without running it, also through tsc's __exportStar.
const wrapper = `export * from './index.js'\n`

/** Builds dist/ unless it is current. An installed package has dist/ and no compiler for it. */
async function buildLibrary({ force, log = () => {} } = {}) {
  const results = ['index.js', 'index.d.ts', 'index.mjs', 'index.d.mts'].map((name) =>
    path.join(dist, name)
  )
  const stamp = path.join(packageRoot, 'build', 'dist.stamp')
  const inputs = ['lib', 'tsconfig.json', 'scripts/build/library.js']
  const hash = hashOf(
    inputs.map((name) => path.join(packageRoot, name)),
    'dist'
  )
  if (!force && isCurrent(stamp, hash, results)) return log('library: up to date')
  const compiler = tsc()
  const config = path.join(packageRoot, 'tsconfig.json')
  if (!compiler || !fs.existsSync(config)) {
    if (fs.existsSync(results[0])) return
    throw new Error(
      'typescript: expected installed, got nothing; run npm install in the repository'
    )
  }
  const start = Date.now()
  fs.rmSync(dist, { recursive: true, force: true })
  const made = spawnSync(process.execPath, [compiler, '-p', config], { stdio: 'inherit' })
  if (made.status !== 0) throw new Error('library: tsc failed; correct what it names above')
  for (const name of results.slice(2)) fs.writeFileSync(name, wrapper)
  fs.mkdirSync(path.dirname(stamp), { recursive: true })
  fs.writeFileSync(stamp, hash)
  log(`library: dist/ in ${((Date.now() - start) / 1000).toFixed(1)} s`)
}

module.exports = { buildLibrary }
