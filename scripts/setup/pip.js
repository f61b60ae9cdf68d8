// The torch wheel in a private folder of the user's cache, with the NVIDIA packages it needs here.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { findAt } = require('../libtorch')
const { missingNvidia, resolveLibrary } = require('../libtorch/libraries')
const { ask, runQuietly } = require('./command')
const { phase } = require('./progress')
const { nvidiaRequirements, specifiers } = require('./requirements')

const newest = 'torch>=1.13,<2.16'
// Any interpreter's wheel holds the same libtorch: an old or a very new Python takes another's.
const otherPythons = ['3.13', '3.12', '3.11', '3.10']

const cacheFolder = (env = process.env) =>
  path.join(env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'node-libtorch')

const hasDriver = () => resolveLibrary('libcuda.so.1') !== null

function python() {
  const found = ['python3', '/usr/bin/python3', 'python'].find(
    (name) => ask(name, ['-m', 'pip', '--version']).ok
  )
  if (found) return found
  throw new Error(
    'pip: expected a python3 with pip, got none; install one (Debian, Ubuntu: sudo apt-get ' +
      'install python3-pip), or unpack the official libtorch archive and run: ' +
      'npx node-libtorch setup --from PATH'
  )
}

function pipInstall(interpreter, target, specs, more = []) {
  const flags = [
    '--target',
    target,
    '--no-input',
    '--disable-pip-version-check',
    '--no-warn-script-location'
  ]
  const env = { ...process.env, PIP_REQUIRE_VIRTUALENV: '0', PIP_USER: '0' }
  const args = ['-m', 'pip', 'install', '--progress-bar', 'off', ...flags, ...more, ...specs]
  return runQuietly(interpreter, args, { env })
}

async function installTorch(interpreter, target, spec) {
  try {
    await pipInstall(interpreter, target, [spec], ['--no-deps'])
  } catch (error) {
    if (!/No matching distribution/.test(error.output ?? '')) throw error
    const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch]
    const platforms = ['manylinux_2_28', 'manylinux_2_17', 'manylinux2014', 'manylinux1']
    const flags = platforms.flatMap((name) => ['--platform', `${name}_${machine}`])
    for (const version of otherPythons) {
      const more = ['--no-deps', '--only-binary=:all:', '--python-version', version, ...flags]
      const done = await pipInstall(interpreter, target, [spec], more).then(
        () => true,
        () => false
      )
      if (done) return
    }
    throw new Error(
      `--torch: expected a version that pip can install, got ${spec}; ${error.message}`
    )
  }
}

function metadataOf(folder) {
  const info = fs.readdirSync(folder).find((name) => /^torch-.*\.dist-info$/.test(name))
  return fs.readFileSync(path.join(folder, info, 'METADATA'), 'utf8')
}

/** The NVIDIA libraries that are missing in `folder`: of the whole torch, or of its CPU half. */
function missingIn(folder, whole) {
  const lib = path.join(folder, 'torch', 'lib')
  const names = ['libtorch_cpu.so', ...(whole ? ['libtorch_cuda.so'] : [])]
  const files = names.map((name) => path.join(lib, name)).filter((file) => fs.existsSync(file))
  return [...new Set(files.flatMap((file) => missingNvidia(file, [], process.env)))]
}

async function installNvidia(interpreter, folder) {
  const whole = hasDriver()
  const missing = missingIn(folder, whole)
  if (missing.length === 0) return
  const specs = specifiers(nvidiaRequirements(metadataOf(folder)), whole ? null : missing)
  if (specs.length === 0) return
  const what = whole ? 'the NVIDIA packages (a driver is here)' : 'the NVIDIA packages for CPU work'
  // pip replaces a folder that is there: into one of its own first, in one call.
  const target = path.join(folder, 'nvidia.partial')
  fs.rmSync(target, { recursive: true, force: true })
  await phase(`installing ${what}: ${specs.join(' ')}`, () =>
    pipInstall(interpreter, target, specs)
  )
  fs.rmSync(path.join(folder, 'nvidia'), { recursive: true, force: true })
  fs.renameSync(path.join(target, 'nvidia'), path.join(folder, 'nvidia'))
  fs.rmSync(target, { recursive: true, force: true })
}

/** A folder that an earlier setup has finished, for `version` ('2.15', '2.15.0') or any. */
function finished(version) {
  if (!fs.existsSync(cacheFolder())) return undefined
  const wanted = version
    ? new RegExp(`^torch-${version.replaceAll('.', '\\.')}(\\.|$)`)
    : /^torch-\d/
  const number = (name) => name.match(/\d+/g).map(Number)
  return fs
    .readdirSync(cacheFolder())
    .filter((name) => /^torch-[\d.]+$/.test(name) && wanted.test(name))
    .sort((a, b) => {
      const [x, y] = [number(a), number(b)]
      return y[0] - x[0] || y[1] - x[1] || (y[2] ?? 0) - (x[2] ?? 0)
    })
    .map((name) => path.join(cacheFolder(), name))[0]
}

// What an interrupted setup left: its name holds the process that made it.
function sweepPartials() {
  for (const name of fs.readdirSync(cacheFolder())) {
    const owner = name.match(/^partial-(\d+)$/)?.[1]
    if (!owner) continue
    try {
      process.kill(Number(owner), 0)
    } catch {
      fs.rmSync(path.join(cacheFolder(), name), { recursive: true, force: true })
    }
  }
}

/** Installs the wheel unless it is there; returns its description. */
async function install(version) {
  const interpreter = python()
  fs.mkdirSync(cacheFolder(), { recursive: true })
  sweepPartials()
  let folder = finished(version)
  if (!folder) {
    const spec = !version ? newest : `torch==${version}${/^\d+\.\d+$/.test(version) ? '.*' : ''}`
    const partial = path.join(cacheFolder(), `partial-${process.pid}`)
    await phase(`downloading and unpacking ${spec} by pip (hundreds of megabytes)`, () =>
      installTorch(interpreter, partial, spec)
    )
    await installNvidia(interpreter, partial)
    const found = findAt('torch from pip', partial)
    folder = path.join(cacheFolder(), `torch-${found.version}`)
    // Another setup may have been faster.
    if (fs.existsSync(folder)) fs.rmSync(partial, { recursive: true })
    else fs.renameSync(partial, folder)
  } else {
    await installNvidia(interpreter, folder)
  }
  return findAt('torch from pip', folder)
}

module.exports = { cacheFolder, hasDriver, install, pipInstall, python }
