// What one folder holds: null where no libtorch is there, its description where a whole one is,
// and an error with the remedy where it cannot be used.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { readElf } = require('./elf')
const libraries = require('./libraries')
const versions = require('./versions')

const neededHeaders = ['ATen/ATen.h', 'c10/core/Device.h', 'torch/csrc/api/include/torch/all.h']
const neededLibraries = ['libtorch_cpu.so', 'libc10.so']
const setup = 'npx node-libtorch setup --from pip'

/** An unusable libtorch: message "NAME: expected X, got Y; REMEDY". */
function refusal(name, expected, got, remedy) {
  const error = new Error(`${name}: expected ${expected}, got ${got}; ${remedy}`)
  return Object.assign(error, { code: 'NODE_LIBTORCH_REFUSED' })
}

const has = (dir, file) => fs.existsSync(path.join(dir, file))
// Folders where some of the files lie come before folders where none does.
const best = (dirs, files) =>
  dirs
    .map((dir) => ({ dir, found: files.filter((file) => has(dir, file)).length }))
    .sort((a, b) => b.found - a.found)[0]

function locate(root, include, lib) {
  const includes = include ? [include, path.join(include, 'include')] : [path.join(root, 'include')]
  const named = ['lib', 'lib64', ...(libraries.multiarch ? [`lib/${libraries.multiarch}`] : [])]
  const libs = lib ? [lib, path.join(lib, 'lib')] : named.map((name) => path.join(root, name))
  return { headers: best(includes, neededHeaders), libs: best(libs, neededLibraries) }
}

function requireWhole(name, { headers, libs }, root) {
  const remedy =
    root === '/usr'
      ? 'install the whole of it: sudo apt-get install libtorch-dev libopenblas0'
      : `unpack or install it again, or run: ${setup}`
  const missing = [
    ...neededHeaders
      .filter((file) => !has(headers.dir, file))
      .map((f) => path.join(headers.dir, f)),
    ...neededLibraries.filter((file) => !has(libs.dir, file)).map((f) => path.join(libs.dir, f))
  ]
  if (missing.length === 0) return
  const half = headers.found === 0 ? 'libraries without headers' : 'headers without all libraries'
  throw refusal(
    name,
    'a whole libtorch',
    `${libs.found && headers.found ? 'one with files missing' : half} (no ${missing[0]})`,
    remedy
  )
}

function requireArchitecture(name, file, elf) {
  if (!elf) {
    const remedy = `unpack or install it again, or run: ${setup}`
    throw refusal(name, 'shared libraries', `${file}, which is none`, remedy)
  }
  if (elf.machine === process.arch) return
  const remedy = `get the libtorch for ${process.arch}, or run: ${setup}`
  throw refusal(name, `libraries for ${process.arch}`, `${file} for ${elf.machine}`, remedy)
}

function requireVersion(name, headers, libs) {
  if (!headers) {
    const remedy = `unpack or install it again, or run: ${setup}`
    throw refusal(name, 'headers that say their version', 'no torch/version.h that does', remedy)
  }
  if (versions.isTooOld(headers)) {
    const remedy = `install a newer one, or run: ${setup}`
    throw refusal(name, `libtorch ${versions.oldest} or newer`, `version ${headers}`, remedy)
  }
  if (libs && versions.majorMinor(libs.build) !== versions.majorMinor(headers)) {
    throw refusal(
      name,
      'headers and libraries of one version',
      `headers of ${headers} and libraries of ${libs.build} (${libs.by})`,
      'point LIBTORCH (and LIBTORCH_INCLUDE, LIBTORCH_LIB where set) at one installation'
    )
  }
}

function requireLoadable(name, file, dirs, env) {
  const missing = libraries.missingNvidia(file, dirs, env)
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((library) => library.replace(/\.so.*/, '')))].join(', ')
  throw refusal(
    name,
    'every library that libtorch_cpu.so needs',
    `none of the name ${missing.join(', ')}`,
    `install the NVIDIA packages with ${packages} beside torch, or run: ${setup}`
  )
}

/**
 * The libtorch in `root`, with `include` and `lib` where they lie elsewhere. `name` is what the
 * error messages call it. Returns null where neither headers nor libraries are there.
 */
function probe(name, root, { include, lib, env = process.env } = {}) {
  const places = locate(root, include, lib)
  // Debian keeps unnumbered names for libtorch-dev: numbered ones alone are half a libtorch.
  const runtime =
    fs.existsSync(places.libs.dir) &&
    fs.readdirSync(places.libs.dir).some((file) => /^libtorch_cpu\.so\./.test(file))
  if (places.headers.found === 0 && places.libs.found === 0 && !runtime) return null
  requireWhole(name, places, root)
  const headerDir = places.headers.dir
  const libDir = places.libs.dir
  const cpu = path.join(libDir, 'libtorch_cpu.so')
  const c10 = path.join(libDir, 'libc10.so')
  const elf = readElf(cpu)
  const core = readElf(c10)
  requireArchitecture(name, cpu, elf)
  requireArchitecture(name, c10, core)
  const home = lib ? path.dirname(libDir) : root
  const headers = versions.headersVersion(headerDir)
  const said = versions.librariesVersion(home, elf.soname)
  requireVersion(name, headers, said)
  const nvidia = libraries.nvidiaDirs(home)
  requireLoadable(name, cpu, nvidia, env)
  const packaged = root === '/usr' ? versions.packagedVersion() : undefined
  const version = packaged ?? said?.build.match(/^\d+(\.\d+)*/)?.[0] ?? headers
  const cuda = ['libtorch_cuda.so', 'libtorch_cuda_cu.so'].find((file) => has(libDir, file))
  return {
    // The soname has two numbers only; the headers have three.
    version: version.split('.').length < 3 ? headers : version,
    root,
    headers: headerDir,
    includeDirs: [headerDir, path.join(headerDir, 'torch/csrc/api/include')],
    libDirs: [libDir],
    libs: ['torch_cpu', 'c10'],
    cxx11Abi: /_ZNK?3c10[^\0]*__cxx11/.test(core.names()) ? 1 : 0,
    cxxStandard: versions.cxxStandard(headers, headerDir),
    blas: libraries.blasOf(elf.needed, [libDir], env),
    cuda: {
      built: cuda !== undefined,
      version: cuda ? versions.cudaVersion(home, said?.build) : null,
      missing: cuda ? libraries.missingNvidia(path.join(libDir, cuda), nvidia, env) : []
    },
    rpath: [libDir, ...nvidia].filter((dir) => !libraries.defaultDirs.includes(dir))
  }
}

module.exports = { probe, refusal }
