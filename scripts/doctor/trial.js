// Run by doctor in a process of its own: loads the addon and the library, and trains a little.
//   node scripts/doctor/trial.js ADDON LIBRARY      prints JSON, a line a stage
'use strict'

const [, , addon, library] = process.argv
const stage = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

const attempt = (name, work) => {
  try {
    stage({ stage: name, ok: true, ...work() })
    return true
  } catch (error) {
    stage({ stage: name, ok: false, error: error.message })
    return false
  }
}

function load() {
  const native = require(addon)
  return { ...native.buildInfo(), threads: native.getNumThreads(), cuda: native.cudaStatus() }
}

// The smallest thing that needs everything: a model, a loss, gradients and an optimizer.
function train() {
  const { manualSeed, nn, optim, tensor } = require(library)
  manualSeed(0)
  const model = new nn.Linear(1, 1)
  const criterion = new nn.MSELoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  const losses = []
  for (let step = 0; step < 20; step++) {
    optimizer.zeroGrad()
    const loss = criterion(model(tensor([1])), tensor([0]))
    losses.push(loss.item())
    loss.backward()
    optimizer.step()
  }
  const [before, after] = [losses[0], losses.at(-1)]
  if (!(after < before)) throw new Error(`the loss went from ${before} to ${after}`)
  return { before, after }
}

process.env.NODE_LIBTORCH_ADDON = addon
if (attempt('load', load)) attempt('train', train)
