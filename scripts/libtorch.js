#!/usr/bin/env node
// The one answer to "where is libtorch": asked by both builds, the loader, setup and doctor.
//   node scripts/libtorch.js                      everything, as JSON
//   node scripts/libtorch.js --get libDirs        one list, shell words or joined by --sep
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const flags = require('./libtorch/flags')
const { multiarch } = require('./libtorch/libraries')
const { probe, refusal } = require('./libtorch/probe')

const choiceFile = path.join(__dirname, '..', 'build', 'libtorch.json')
const systemRoots = ['/usr', '/usr/local', '/opt/libtorch']
const waysOut = `Ways out:
  npx node-libtorch setup                 finds or installs one, then compiles the addon
  npx node-libtorch setup --from apt      Debian, Ubuntu: the package libtorch-dev
  npx node-libtorch setup --from pip      the torch wheel, in a private folder
  npx node-libtorch setup --from PATH     a torch folder, a Python environment, an unpacked archive
  LIBTORCH=PATH                           the same for one command (LIBTORCH_INCLUDE, LIBTORCH_LIB
                                          where headers and libraries lie apart)`

/** Where torch may lie in a folder that a user names: itself, an environment, a --target folder. */
function rootsIn(folder) {
  const roots = [folder, path.join(folder, 'torch'), path.join(folder, 'libtorch')]
  const lib = path.join(folder, 'lib')
  const pythons = fs.existsSync(lib) ? fs.readdirSync(lib).filter((n) => /^python3/.test(n)) : []
  return [...roots, ...pythons.map((name) => path.join(lib, name, 'site-packages', 'torch'))]
}

/** The libtorch in a folder that a user named by `name`; throws where there is none. */
function probeNamed(name, folder, options) {
  const roots = options.include || options.lib ? [folder] : rootsIn(folder)
  for (const root of roots) {
    const found = probe(name, root, options)
    if (found) return found
  }
  const remedy = 'name a torch folder, an unpacked archive or a Python environment'
  throw refusal(name, 'a folder with a libtorch in it', folder, remedy)
}

function fromEnvironment({ env }, note) {
  const { LIBTORCH: given, LIBTORCH_INCLUDE: include, LIBTORCH_LIB: lib } = env
  if (given || (include && lib)) {
    return probeNamed('LIBTORCH', path.resolve(given || path.dirname(lib)), { include, lib, env })
  }
  note(include || lib ? 'not set, and only one of LIBTORCH_INCLUDE and LIBTORCH_LIB' : 'not set')
  return null
}

function fromSetup({ env, choice }, note) {
  if (!fs.existsSync(choice)) {
    note(`no ${choice}: setup has not run here`)
    return null
  }
  const { root, include, lib } = JSON.parse(fs.readFileSync(choice, 'utf8'))
  const found = probe(`libtorch in ${root} (chosen by setup)`, root, { include, lib, env })
  if (!found) note(`${root}, which setup chose, is gone`)
  return found
}

// find_spec does not import torch, which takes seconds and may fail where libraries are missing.
const locateTorch = `import sys
sys.path = [p for p in sys.path if p]
from importlib.util import find_spec
s = find_spec('torch')
print(s.submodule_search_locations[0] if s and s.origin else '')`

function fromPython({ env }, note) {
  const asked = spawnSync('python3', ['-c', locateTorch], { env, cwd: '/', timeout: 20000 })
  if (asked.error) {
    note(`python3 does not run (${asked.error.code})`)
    return null
  }
  const folder = String(asked.stdout).trim()
  if (asked.status !== 0 || !folder) {
    note('no package torch in the active python3')
    return null
  }
  const library = path.join(folder, 'lib', 'libtorch_cpu.so')
  const real = fs.existsSync(library) ? path.dirname(fs.realpathSync(library)) : ''
  // Debian's python3-torch holds links to the system's libraries, and numbered ones at that.
  const root = real === `/usr/lib/${multiarch}` ? '/usr' : folder
  const found = probe(`torch in ${folder}`, root, { env })
  if (!found) note(`${folder} holds neither headers nor libraries`)
  return found
}

function fromSystem({ env, system }, note) {
  for (const root of system) {
    try {
      const found = probe(`libtorch in ${root}`, root, { env })
      if (found) return found
      note(`no libtorch in ${root}`)
    } catch (error) {
      if (error.code !== 'NODE_LIBTORCH_REFUSED') throw error
      note(error.message, error)
    }
  }
  return null
}

// A choice that was stated is not passed over when it is bad; what merely lies about is.
const ladder = [
  { source: 'env', what: 'LIBTORCH', look: fromEnvironment, stated: true },
  { source: 'setup', what: 'the choice of setup', look: fromSetup, stated: true },
  { source: 'python', what: 'torch of python3', look: fromPython, stated: false },
  { source: 'system', what: 'the system', look: fromSystem, stated: false }
]

const describe = (found, source, tried) => ({
  ...found,
  source,
  defines: flags.defines(found),
  tried
})

/** The same for one named folder. `name` is what errors call it. */
function findAt(name, folder, { env = process.env } = {}) {
  return describe(probeNamed(name, path.resolve(folder), { env }), 'env', [])
}

/**
 * The libtorch to build against and load: { version, source, root, headers, includeDirs, libDirs,
 * libs, cxx11Abi, cxxStandard, blas, cuda: { built, version, missing }, defines, rpath, tried }.
 * Throws an Error with code NODE_LIBTORCH_REFUSED (one that cannot be used) or
 * NODE_LIBTORCH_NOT_FOUND (none), and with `tried`: [{ source, what, reason }].
 */
function find({ env = process.env, choice = choiceFile, system = systemRoots } = {}) {
  const tried = []
  const refused = []
  for (const { source, what, look, stated } of ladder) {
    const note = (reason, error) => {
      tried.push({ source, what, reason })
      if (error) refused.push(error)
    }
    try {
      const found = look({ env, choice, system }, note)
      if (found) return describe(found, source, tried)
    } catch (error) {
      if (error.code !== 'NODE_LIBTORCH_REFUSED') throw error
      note(error.message, error)
      if (stated) throw Object.assign(error, { tried })
    }
  }
  if (refused.length) throw Object.assign(refused[0], { tried })
  const list = tried.map(({ what, reason }) => `  ${what}: ${reason}`).join('\n')
  const error = new Error(`libtorch: expected one, found none. Looked at:\n${list}\n${waysOut}`)
  throw Object.assign(error, { code: 'NODE_LIBTORCH_NOT_FOUND', tried })
}

const shellWord = (word) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

const ownKeys = ['sources', 'nodeInclude', 'addonApiInclude']

function main(args) {
  if (!args.includes('--get')) return JSON.stringify(find(), null, 2)
  const key = args[args.indexOf('--get') + 1]
  const sep = args.includes('--sep') ? args[args.indexOf('--sep') + 1] : null
  const value = ownKeys.includes(key) ? flags[key]() : valueFor(find(), key)
  const list = [value].flat().map(String)
  return sep === null ? list.map(shellWord).join('\n') : list.join(sep)
}

function valueFor(found, key) {
  if (key === 'compileFlags' || key === 'linkFlags') return flags[key](found)
  if (key in found) return found[key]
  const known = [...ownKeys, 'compileFlags', 'linkFlags', ...Object.keys(found)].join(', ')
  throw new Error(`--get: expected one of ${known}, got ${key}; name one of them`)
}

if (require.main === module) {
  try {
    process.stdout.write(`${main(process.argv.slice(2))}\n`)
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

module.exports = { choiceFile, find, findAt, waysOut }
