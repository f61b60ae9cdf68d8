// What doctor looks at. Nothing here throws: what cannot be had is null, with the reason.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { addonPath } = require('../build/addon')
const { find } = require('../libtorch')
const { resolveLibrary } = require('../libtorch/libraries')
const { ask } = require('../setup/command')

const packageRoot = path.join(__dirname, '..', '..')
const trial = path.join(__dirname, 'trial.js')

function libtorch() {
  try {
    return { ...find(), error: null }
  } catch (error) {
    return { version: null, tried: error.tried ?? [], error: error.message }
  }
}

/** The addon that the library would load, and the places where it looks. */
function addon() {
  const chosen = process.env.NODE_LIBTORCH_ADDON
  const looked = chosen ? [path.resolve(chosen)] : [addonPath('cmake-js'), addonPath('node-gyp')]
  return { file: looked.find((file) => fs.existsSync(file)) ?? null, looked }
}

/** Stages of the trial by name; a crash becomes the failure of the stage after the last one. */
function tryTraining(file) {
  const library = path.join(packageRoot, 'dist', 'index.js')
  const asked = ask(process.execPath, [trial, file, library], { timeout: 120000 })
  const stages = {}
  for (const line of asked.out.split('\n').filter((text) => text.startsWith('{'))) {
    const { stage, ...rest } = JSON.parse(line)
    stages[stage] = rest
  }
  if (!asked.ok) {
    const error = asked.err.trim().split('\n').at(-1) || `the process ended (${asked.signal})`
    if (!stages.load) stages.load = { ok: false, error }
    else if (!stages.train) stages.train = { ok: false, error }
  }
  return stages
}

function driver() {
  const library = resolveLibrary('libcuda.so.1')
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader']
  const smi = ask('nvidia-smi', query)
  const rows = smi.ok ? smi.out.trim().split('\n').filter(Boolean) : []
  const devices = rows.map((row) => {
    const [name, memory] = row.split(',').map((cell) => cell.trim())
    return { name, memory }
  })
  return { library, version: rows[0]?.split(',')[2]?.trim() ?? null, devices }
}

/** Everything, as plain data. */
function examine() {
  const torch = libtorch()
  const { file, looked } = addon()
  const { load, train } = file ? tryTraining(file) : {}
  return {
    node: { version: process.version, path: process.execPath, arch: process.arch },
    package: { version: require('../../package.json').version, path: packageRoot },
    libtorch: torch,
    addon: {
      file,
      looked,
      loads: load?.ok ?? false,
      error: load?.error ?? null,
      compiledFor: load?.compiledFor ?? null,
      runsOn: load?.libtorch ?? null
    },
    blas: torch.blas ?? null,
    threads: load?.threads ?? null,
    cuda: { ...driver(), built: torch.cuda ?? null, status: load?.cuda ?? null },
    training: {
      works: train?.ok ?? false,
      error: train?.error ?? null,
      before: train?.before ?? null,
      after: train?.after ?? null
    }
  }
}

module.exports = { examine }
