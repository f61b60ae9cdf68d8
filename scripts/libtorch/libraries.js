// Where the dynamic linker would look for a library that libtorch needs.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { readElf } = require('./elf')

const multiarch = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch]
const defaultDirs = [
  ...(multiarch ? [`/usr/lib/${multiarch}`, `/lib/${multiarch}`] : []),
  '/usr/lib64',
  '/lib64',
  '/usr/lib',
  '/lib'
]
// The driver's own library never comes with a toolkit: it is asked for by `doctor`, not here.
const isNvidia = (name) => /^lib(cu|nv|nccl)/.test(name) && !name.startsWith('libcuda.so')

let configured
function configuredDirs() {
  if (configured) return configured
  configured = []
  try {
    for (const file of fs.readdirSync('/etc/ld.so.conf.d')) {
      const text = fs.readFileSync(path.join('/etc/ld.so.conf.d', file), 'utf8')
      configured.push(...text.split('\n').filter((line) => line.startsWith('/')))
    }
  } catch {}
  return configured
}

/** The path of a library by its soname, looked for in `dirs`, then as the linker would; or null. */
function resolveLibrary(name, dirs = [], env = process.env) {
  const given = (env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean)
  for (const dir of [...dirs, ...given, ...configuredDirs(), ...defaultDirs]) {
    const file = path.join(dir.trim(), name)
    if (fs.existsSync(file)) return file
  }
  return null
}

/** The folders of the nvidia-* packages that lie beside a torch folder of a Python environment. */
function nvidiaDirs(root) {
  const nvidia = path.join(path.dirname(root), 'nvidia')
  if (!fs.existsSync(nvidia)) return []
  return fs
    .readdirSync(nvidia)
    .map((name) => path.join(nvidia, name, 'lib'))
    .filter((dir) => fs.existsSync(dir))
    .sort()
}

/** Names of NVIDIA libraries that `file`, and what lies beside it, needs and that are not there. */
function missingNvidia(file, extraDirs, env) {
  const folder = path.dirname(fs.realpathSync(file))
  const missing = new Set()
  const seen = new Set()
  const visit = (library) => {
    const elf = readElf(library)
    if (!elf) return
    const runpath = elf.runpath.map((dir) => dir.replace(/\$ORIGIN|\$\{ORIGIN\}/g, folder))
    for (const name of elf.needed) {
      if (seen.has(name)) continue
      seen.add(name)
      const beside = path.join(folder, name)
      if (fs.existsSync(beside)) visit(beside)
      else if (isNvidia(name) && !resolveLibrary(name, [...runpath, ...extraDirs], env)) {
        missing.add(name)
      }
    }
  }
  visit(file)
  return [...missing].sort()
}

/** 'openblas', 'mkl', 'reference', another name, or 'bundled' (inside libtorch_cpu itself). */
function blasOf(needed, dirs, env) {
  const own = needed.find((name) => /openblas|libmkl/.test(name))
  if (own) return own.includes('mkl') ? 'mkl' : 'openblas'
  const generic = needed.find((name) => name.startsWith('libblas.so'))
  if (!generic) return 'bundled'
  const file = resolveLibrary(generic, dirs, env)
  if (!file) return 'missing'
  const real = fs.realpathSync(file)
  const known = ['openblas', 'mkl', 'blis', 'atlas'].find((name) => real.includes(name))
  return known ?? 'reference'
}

module.exports = { blasOf, defaultDirs, missingNvidia, multiarch, nvidiaDirs, resolveLibrary }
