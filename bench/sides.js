'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync, spawnSync } = require('node:child_process')

const root = path.join(__dirname, '..')
const cache = path.join(root, 'build', 'bench')
const oneThread = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' }

/** The four sides of the benchmark: each makes what it needs and says how to start its worker. */
const sides = {
  python: () => ({ command: python(), args: [path.join(__dirname, 'python.py')], env: oneThread }),
  cpp: () => ({ command: compileCpp(), args: [], env: oneThread }),
  ours: () => node(path.join(__dirname, 'ours.js')),
  tfjs: () => node(path.join(__dirname, 'tfjs', 'worker.js'), { BENCH_TFJS: installTfjs() })
}

function node(file, extra = {}) {
  return { command: process.execPath, args: [file], env: { ...oneThread, ...extra } }
}

let found
/** The answer of scripts/libtorch.js, asked once; its own words where there is none. */
function libtorch() {
  if (!found) {
    const script = path.join(root, 'scripts', 'libtorch.js')
    const answer = spawnSync(process.execPath, [script], { encoding: 'utf8' })
    if (answer.status !== 0) throw new Error(answer.stderr.trim())
    found = JSON.parse(answer.stdout)
  }
  return found
}

/** BENCH_PYTHON, else the python3 of the prefix that libtorch lies in: /usr, or a virtual one. */
function python() {
  if (process.env.BENCH_PYTHON) return process.env.BENCH_PYTHON
  let folder = path.resolve(libtorch().libDirs[0])
  while (!fs.existsSync(path.join(folder, 'bin', 'python3'))) {
    if (folder === path.dirname(folder)) return 'python3'
    folder = path.dirname(folder)
  }
  return path.join(folder, 'bin', 'python3')
}

/** Compiles bench/cpp/main.cpp, once for each content, compiler and libtorch. */
function compileCpp() {
  const source = path.join(__dirname, 'cpp', 'main.cpp')
  const compiler = process.env.CXX ?? 'c++'
  const { includeDirs, libDirs, libs, defines, rpath, cxxStandard, cxx11Abi } = libtorch()
  const flags = [
    '-O2',
    `-std=c++${cxxStandard}`,
    `-D_GLIBCXX_USE_CXX11_ABI=${Number(cxx11Abi)}`,
    ...defines.map((define) => `-D${define}`),
    ...includeDirs.map((folder) => `-I${folder}`),
    source,
    ...libDirs.map((folder) => `-L${folder}`),
    ...rpath.map((folder) => `-Wl,-rpath,${folder}`),
    '-Wl,--no-as-needed,--allow-shlib-undefined',
    ...libs.map((library) => `-l${library}`)
  ]
  const version = execFileSync(compiler, ['--version'], { encoding: 'utf8' })
  const inputs = [fs.readFileSync(source, 'utf8'), compiler, version, ...flags]
  const key = crypto.createHash('sha256').update(inputs.join('\0')).digest('hex').slice(0, 16)
  const program = path.join(cache, `cpp-${key}`)
  if (!fs.existsSync(program)) {
    console.log(`compiling ${path.relative(root, source)} ...`)
    fs.mkdirSync(cache, { recursive: true })
    execFileSync(compiler, [...flags, '-o', `${program}.part`], { stdio: 'inherit' })
    fs.renameSync(`${program}.part`, program)
  }
  return program
}

/** Installs TensorFlow.js beside the build, so that only who runs the benchmark downloads it. */
function installTfjs() {
  const wanted = fs.readFileSync(path.join(__dirname, 'tfjs', 'package.json'), 'utf8')
  const folder = path.join(cache, 'tfjs')
  const done = path.join(folder, 'installed.json')
  if (fs.existsSync(done) && fs.readFileSync(done, 'utf8') === wanted) return folder
  console.log('installing TensorFlow.js into build/bench/tfjs ...')
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), wanted)
  const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']
  execFileSync('npm', ['install', ...options], { stdio: ['ignore', 'ignore', 'pipe'] })
  fs.writeFileSync(done, wanted)
  return folder
}

module.exports = { oneThread, python, root, sides }
