'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { cacheFolder } = require('../scripts/setup/pip')

const root = path.join(__dirname, '..')
const cache = path.join(root, 'build', 'bench')
const threads = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

/** The environment of every side: that of its libtorch, and one thread. */
const environment = (at, extra = {}) => ({ ...at.env, ...threads, ...extra })

/**
 * The sides of the benchmark: `start` makes what a side needs on a libtorch (bench/libtorchs.js) and
 * says how to start its worker. `bits`: its losses are to have the bits of Python's; `isNewest`: it
 * runs on the newest wheel; `collects`: its memory waits for a garbage collector; `isExtra`: only by
 * --only.
 */
const sides = {
  python: { title: 'Python', bits: true, start: (at) => python(at, at) },
  compile: {
    title: 'Python, torch.compile',
    isNewest: true,
    start: (at) => python(at, at.newest, ['compile'])
  },
  reduce: {
    title: "  mode 'reduce-overhead'",
    isExtra: true,
    isNewest: true,
    start: (at) => python(at, at.newest, ['compile', 'reduce-overhead'])
  },
  cpp: { title: 'C++', bits: true, start: (at) => cpp(at) },
  tfjs: { title: 'TensorFlow.js, wasm', start: (at) => tfjs(at) },
  ours: { title: 'ours, eager', bits: true, collects: true, start: (at) => ours(at, 'eager') },
  compiled: {
    title: 'ours, compiled',
    bits: true,
    collects: true,
    start: (at) => ours(at, 'compiled')
  },
  run: { title: 'ours, step.run()', bits: true, collects: true, start: (at) => ours(at, 'run') }
}

/** A row that a side cannot run, and why. */
function whyNot(side, row) {
  if (side === 'tfjs' && row === 'cnn') return 'its wasm backend has no Conv2DBackpropFilter'
  const isCall = ['empty-call', 'detach', 'add-4'].includes(row)
  return isCall && !['python', 'cpp', 'ours'].includes(side) ? 'nothing to measure' : null
}

function python(at, { python: command, reason }, args = []) {
  if (!command) throw new Error(reason)
  // Compiled code is kept between runs, for a day's second run to start at once.
  const inductor = { TORCHINDUCTOR_CACHE_DIR: path.join(cacheFolder(), 'inductor') }
  const script = path.join(__dirname, 'python', 'worker.py')
  return { command, args: ['-B', script, ...args], env: environment(at, inductor) }
}

function cpp(at) {
  return { command: compileCpp(at), args: [], env: environment(at) }
}

const node = (at, args, extra) => ({
  command: process.execPath,
  args,
  env: environment(at, extra)
})

const ours = (at, way) => node(at, [path.join(__dirname, 'ours.js'), way])

const tfjs = (at) =>
  node(at, [path.join(__dirname, 'tfjs', 'worker.js')], { BENCH_TFJS: installTfjs() })

/** Compiles `source` of bench/cpp, once for each content, compiler and flags; returns the result. */
function compile(source, flags) {
  const file = path.join(__dirname, 'cpp', source)
  const compiler = process.env.CXX ?? 'c++'
  const version = execFileSync(compiler, ['--version'], { encoding: 'utf8' })
  const inputs = [fs.readFileSync(file, 'utf8'), compiler, version, ...flags]
  const key = crypto.createHash('sha256').update(inputs.join('\0')).digest('hex').slice(0, 16)
  const result = path.join(cache, `${path.parse(source).name}-${key}`)
  if (!fs.existsSync(result)) {
    console.log(`compiling ${path.relative(root, file)} ...`)
    fs.mkdirSync(cache, { recursive: true })
    execFileSync(compiler, [file, ...flags, '-o', `${result}.part`], { stdio: 'inherit' })
    fs.renameSync(`${result}.part`, result)
  }
  return result
}

function compileCpp({ found }) {
  const { includeDirs, libDirs, libs, defines, rpath, cxxStandard, cxx11Abi } = found
  return compile('main.cpp', [
    '-O2',
    `-std=c++${cxxStandard}`,
    `-D_GLIBCXX_USE_CXX11_ABI=${Number(cxx11Abi)}`,
    ...defines.map((define) => `-D${define}`),
    ...includeDirs.map((folder) => `-I${folder}`),
    ...libDirs.map((folder) => `-L${folder}`),
    ...rpath.map((folder) => `-Wl,-rpath,${folder}`),
    '-Wl,--no-as-needed,--allow-shlib-undefined',
    ...libs.map((library) => `-l${library}`)
  ])
}

/** The library that counts what a process allocates. */
const compileCounter = () => compile('allocations.cpp', ['-O2', '-std=c++17', '-shared', '-fPIC'])

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

module.exports = { cache, compileCounter, environment, root, sides, whyNot }
