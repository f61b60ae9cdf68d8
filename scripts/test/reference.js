// Python's torch of a wheel as the parity reference, on a machine without most of its NVIDIA
// libraries. The interpreter's part of the wheel links them all, though CPU work calls none: they
// are replaced by empty libraries that define the names it asks for.
'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { missingNvidia } = require('../libtorch/libraries')
const { ask, runQuietly } = require('../setup/command')
const { hasTorch } = require('./prerequisites')

const vendor = /^(cublas|cudnn|cufft|cusparse|cusolver|nccl|nvrtc|cuFile|nvshmem)/

function undefinedNames(lib) {
  const libraries = fs.readdirSync(lib).filter((name) => /\.so/.test(name))
  const options = {
    cwd: lib,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore']
  }
  const listed = execFileSync('nm', ['-D', '--undefined-only', ...libraries], options)
  const names = [...listed.matchAll(/ U ([^@\s]+)/g)].map(([, name]) => name)
  return [...new Set(names)].filter((name) => vendor.test(name))
}

// The names stand in a library of their own that is loaded first: the linker refuses to find a
// versioned name in a library of the right file name that has no versions.
function makeStandIns(lib, folder) {
  const libraries = fs.readdirSync(lib).filter((name) => /^lib(torch|c10).*\.so$/.test(name))
  const missing = new Set(libraries.flatMap((name) => missingNvidia(path.join(lib, name), [], {})))
  fs.mkdirSync(folder, { recursive: true })
  const assemble = (name, names) => {
    const source = path.join(folder, 'names.s')
    const lines = names.map((symbol) => `.globl ${symbol}\n${symbol}:`)
    fs.writeFileSync(source, `.text\n${lines.join('\n')}\n.section .note.GNU-stack\n`)
    const flags = ['-shared', '-nostdlib', `-Wl,-soname,${name}`]
    execFileSync('cc', [...flags, source, '-o', path.join(folder, name)])
  }
  for (const name of missing) assemble(name, [])
  assemble('libstandins.so', missing.size > 0 ? undefinedNames(lib) : [])
}

const interpreterOf = (site) => {
  const wheel = fs
    .readdirSync(path.join(site, 'torch'))
    .find((name) => /^_C\.cpython-\d+/.test(name))
  const [, major, minor] = wheel?.match(/cpython-(\d)(\d+)/) ?? []
  const isIt = (python) =>
    ask(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']).out.trim() ===
    `${major}.${minor}`
  return ['python3', '/usr/bin/python3', `python${major}.${minor}`].find(isIt)
}

/** A python that imports the torch in `site` (a wheel's folder), or the reason why there is none. */
async function pythonFor(site) {
  const interpreter = interpreterOf(site)
  if (!interpreter) return { reason: 'no python3 of the version that the wheel is for' }
  const folder = path.join(site, 'reference')
  const python = path.join(folder, 'python3')
  if (fs.existsSync(python) && hasTorch(python)) return { python }
  try {
    const needs = [
      'typing-extensions>=4.13',
      'filelock',
      'sympy>=1.13.3',
      'networkx',
      'jinja2',
      'fsspec',
      'setuptools',
      'numpy'
    ]
    const target = path.join(folder, 'packages')
    await runQuietly(interpreter, [
      '-m',
      'pip',
      'install',
      '-q',
      '--no-input',
      '--upgrade',
      '--target',
      target,
      ...needs
    ])
    const standIns = path.join(folder, 'stand-ins')
    makeStandIns(path.join(site, 'torch', 'lib'), standIns)
    const script = `#!/bin/sh
export PYTHONPATH='${site}:${target}' LD_LIBRARY_PATH='${standIns}'
export LD_PRELOAD='${standIns}/libstandins.so'
exec ${interpreter} "$@"
`
    fs.writeFileSync(python, script, { mode: 0o755 })
  } catch (error) {
    return { reason: error.message.split('\n').at(-1) }
  }
  return hasTorch(python)
    ? { python }
    : { reason: ask(python, ['-c', 'import torch']).err.trim().split('\n').at(-1) }
}

module.exports = { pythonFor }
