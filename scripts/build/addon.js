// Compiles native/ into node_libtorch.node by cmake-js or by node-gyp.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { createRequire } = require('node:module')
const { spawnSync } = require('node:child_process')
const { find } = require('../libtorch')
const flags = require('../libtorch/flags')
const { isThere, runQuietly } = require('../setup/command')
const { hashOf, isCurrent } = require('./stamp')

const packageRoot = path.join(__dirname, '..', '..')
const file = 'node_libtorch.node'
const compilerMemory = 2 * 2 ** 30

/** Compilers at once: one a core, but a compiler reading libtorch's headers needs 2 GB. */
function jobs() {
  const memory = Math.min(os.totalmem(), process.constrainedMemory?.() || Infinity)
  return Math.max(1, Math.min(os.availableParallelism(), Math.floor(memory / compilerMemory)))
}

/** Where a builder leaves the addon. */
function addonPath(builder, out) {
  if (builder === 'cmake-js') {
    return path.join(path.resolve(out ?? path.join(packageRoot, 'build', 'cmake')), 'Release', file)
  }
  return path.join(path.resolve(out ?? packageRoot), 'build', 'Release', file)
}

// The compiler's output is shown as it comes, or goes to onText and is shown when it fails.
function run(args, { cwd, env, quiet, onText }) {
  if (quiet) return runQuietly(process.execPath, args, { cwd, env, onText })
  const done = spawnSync(process.execPath, args, { cwd, env, stdio: 'inherit' })
  if (done.status === 0) return undefined
  throw new Error(`${path.basename(args[0])} failed (${done.signal ?? done.status}), see above`)
}

async function byCmakeJs({ out, ...how }) {
  const workDir = path.dirname(path.dirname(addonPath('cmake-js', out)))
  const cli = require.resolve('cmake-js/bin/cmake-js')
  const where = ['-d', packageRoot, '-O', workDir, '-l', 'warn', '-p', String(jobs())]
  const node = `--CDNODE_EXECUTABLE=${process.execPath}`
  // A folder that another place of the package or another generator (Ninja came or
  // went) has configured is of no use.
  const generator = isThere('ninja') ? 'Ninja' : 'Unix Makefiles'
  const cache = path.join(workDir, 'CMakeCache.txt')
  const home = `CMAKE_HOME_DIRECTORY:INTERNAL=${packageRoot}\n`
  const expected = [home, `CMAKE_GENERATOR:INTERNAL=${generator}\n`]
  const isOfUse = (text) => expected.every((line) => text.includes(line))
  if (fs.existsSync(cache) && !isOfUse(fs.readFileSync(cache, 'utf8'))) {
    fs.rmSync(workDir, { recursive: true })
  }
  for (const step of ['configure', 'build']) {
    await run([cli, step, ...where, '-G', generator, node], { ...how, cwd: packageRoot })
  }
}

// The package's own node-gyp, else the one inside npm: users of the package have only that.
function nodeGyp() {
  try {
    return require.resolve('node-gyp/bin/node-gyp.js')
  } catch {
    const asked = spawnSync('npm', ['root', '-g'])
    const npm = path.join(String(asked.stdout).trim(), 'npm', 'package.json')
    if (fs.existsSync(npm)) return createRequire(npm).resolve('node-gyp/bin/node-gyp.js')
  }
  throw new Error('node-gyp: expected in the package or in npm, got neither; npm install node-gyp')
}

async function byNodeGyp({ out, ...how }) {
  const directory = path.resolve(out ?? packageRoot)
  // node-gyp always builds beside binding.gyp: another folder is one that looks like the package.
  if (directory !== packageRoot) {
    fs.mkdirSync(directory, { recursive: true })
    for (const name of ['binding.gyp', 'native', 'scripts']) {
      const link = path.join(directory, name)
      fs.rmSync(link, { force: true })
      fs.symlinkSync(path.join(packageRoot, name), link)
    }
  }
  // Node's headers lie in its own prefix, or are only Node-API's; node-gyp wants a folder with
  // common.gypi and would download one otherwise.
  const prefix = path.dirname(path.dirname(process.execPath))
  const hasHeaders = fs.existsSync(path.join(prefix, 'include', 'node', 'common.gypi'))
  const nodedir = hasHeaders ? [`--nodedir=${prefix}`] : []
  const args = ['configure', 'build', '--release', '--loglevel=warn', `--jobs=${jobs()}`]
  const command = [nodeGyp(), ...args, ...nodedir, `--directory=${directory}`]
  await run(command, { ...how, cwd: directory })
}

const builders = {
  'cmake-js': { build: byCmakeJs, recipe: 'CMakeLists.txt' },
  'node-gyp': { build: byNodeGyp, recipe: 'binding.gyp' }
}

/**
 * Builds the addon unless its inputs are those of the last build. Options: with (a builder), out
 * (a folder), force, env, log, quiet (the compiler's output is shown on failure only, and goes to
 * onText as it comes). Returns { file, found, built, seconds }.
 */
async function buildAddon(options) {
  const { with: builder = 'cmake-js', out, force, env = process.env } = options
  const { log = () => {}, quiet, onText } = options
  if (!Object.hasOwn(builders, builder)) {
    const names = Object.keys(builders).join(' or ')
    throw new RangeError(`--with: expected ${names}, got ${builder}; leave it out for cmake-js`)
  }
  const found = find({ env })
  const result = addonPath(builder, out)
  const stamp = `${result}.stamp`
  const inputs = ['native', builders[builder].recipe, 'scripts/libtorch', 'scripts/libtorch.js']
  const library = path.join(found.libDirs[0], 'libtorch_cpu.so')
  const hash = hashOf(
    inputs.map((name) => path.join(packageRoot, name)),
    [flags.compileFlags(found), flags.linkFlags(found), found.defines, fs.statSync(library).mtimeMs]
  )
  if (!force && isCurrent(stamp, hash, [result])) {
    log(`addon: up to date (${builder}, libtorch ${found.version})`)
    return { file: result, found, built: false, seconds: 0 }
  }
  const start = Date.now()
  log(`addon: compiling with ${builder} against libtorch ${found.version} in ${found.root}`)
  fs.rmSync(stamp, { force: true })
  // Both builds ask for the libtorch again: it must be the same one, and found at once.
  const given = env.LIBTORCH || env.LIBTORCH_LIB ? {} : { LIBTORCH: found.root }
  await builders[builder].build({ out, quiet, onText, env: { ...env, ...given } })
  fs.writeFileSync(stamp, hash)
  const seconds = (Date.now() - start) / 1000
  log(`addon: ${path.relative(process.cwd(), result)} in ${seconds.toFixed(1)} s`)
  return { file: result, found, built: true, seconds }
}

module.exports = { addonPath, buildAddon }
