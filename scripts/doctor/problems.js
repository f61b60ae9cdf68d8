// From what doctor found to what is wrong: one line and one remedy a problem.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { majorMinor } = require('../libtorch/versions')

const setup = 'npx node-libtorch setup'
// Lines of the search's own error: its first one says what is wrong, with the remedy after ';'.
const firstLine = (text) => text.split('\n')[0]

function libtorchProblem({ libtorch }) {
  if (!libtorch.error) return null
  const line = firstLine(libtorch.error)
  const at = line.indexOf('; ')
  if (at < 0) return { what: line, remedy: `run: ${setup}` }
  return { what: line.slice(0, at), remedy: line.slice(at + 2) }
}

function addonProblem({ addon, libtorch, package: { path: root } }) {
  if (!addon.file) return { what: 'the addon is not compiled', remedy: `run: ${setup}` }
  if (!addon.loads) {
    return { what: `the addon does not load: ${addon.error}`, remedy: `run: ${setup}` }
  }
  if (!fs.existsSync(path.join(root, 'dist', 'index.js'))) {
    return { what: 'the library is not compiled (no dist/)', remedy: 'run: npm run build:lib' }
  }
  if (libtorch.version && majorMinor(libtorch.version) !== majorMinor(addon.compiledFor)) {
    return {
      what: `the addon is compiled for libtorch ${addon.compiledFor}, found is ${libtorch.version}`,
      remedy: `to use the one found, run: ${setup}`
    }
  }
  return null
}

function trainingProblem({ addon, training }) {
  if (!addon.loads || training.works || !training.error) return null
  return { what: `a training step fails: ${training.error}`, remedy: `run: ${setup}` }
}

function blasProblem({ blas }) {
  if (blas === 'missing') {
    return {
      what: 'libblas.so.3, which libtorch needs, is not there',
      remedy: 'run: sudo apt-get install libopenblas0'
    }
  }
  if (blas !== 'reference') return null
  return {
    what: 'the BLAS is the reference one: large layers train many times slower',
    remedy: 'run: sudo apt-get install libopenblas0'
  }
}

function cudaProblem({ cuda }) {
  const hasDevice = cuda.devices.length > 0
  if (hasDevice && cuda.built && !cuda.built.built) {
    return {
      what: `this machine has ${cuda.devices[0].name}, but this libtorch is for the CPU only`,
      remedy: `run: ${setup} --from pip`
    }
  }
  if (cuda.library && cuda.built?.missing.length) {
    return {
      what: `CUDA libraries are missing: ${cuda.built.missing.join(', ')}`,
      remedy: `run: ${setup} --from pip`
    }
  }
  if (cuda.status?.state === 'load-failed') {
    return {
      what: `libtorch's CUDA half does not load: ${cuda.status.detail}`,
      remedy: `run: ${setup} --from pip`
    }
  }
  if (cuda.status?.state === 'ready' && cuda.status.deviceCount === 0) {
    return {
      what: 'the NVIDIA driver shows no device to this process',
      remedy: 'see nvidia-smi, and check CUDA_VISIBLE_DEVICES'
    }
  }
  return null
}

/** [{ what, remedy }], the gravest first. */
function problemsOf(report) {
  const checks = [libtorchProblem, addonProblem, trainingProblem, blasProblem, cudaProblem]
  return checks.map((check) => check(report)).filter(Boolean)
}

module.exports = { problemsOf }
