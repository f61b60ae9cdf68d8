'use strict'

// The benchmark's rows in node-libtorch, on the built package (dist and addon).
const torch = require('node-libtorch')
const { serve } = require('./serve')

const { nn, optim, tensor } = torch

class Model extends nn.Module {
  linear = new nn.Linear(1, 1)
  forward(x) {
    return this.linear(x)
  }
}

function documentStep() {
  const model = new Model()
  const criterion = new nn.MSELoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
  return () => {
    optimizer.zeroGrad()
    const output = model(tensor([1.0]))
    const loss = criterion(output, tensor([0.0]))
    loss.backward()
    optimizer.step()
  }
}

function mlpStep(sizes, batch) {
  const layers = []
  for (let i = 0; i + 1 < sizes.length; i++) {
    if (i > 0) layers.push(new nn.ReLU())
    layers.push(new nn.Linear(sizes[i], sizes[i + 1]))
  }
  const model = new nn.Sequential(...layers)
  const criterion = new nn.MSELoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
  const x = torch.randn([batch, sizes[0]])
  const y = torch.randn([batch, sizes.at(-1)])
  return () => {
    optimizer.zeroGrad()
    const loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
  }
}

function detachStep() {
  const x = torch.ones([4])
  return () => x.detach()
}

function addStep() {
  const a = torch.ones([4])
  const b = torch.ones([4])
  return () => a.add(b)
}

const rows = {
  document: documentStep,
  '8-32-1': () => mlpStep([8, 32, 1], 32),
  '64-128-10': () => mlpStep([64, 128, 10], 128),
  '784-256-128-10': () => mlpStep([784, 256, 128, 10], 128),
  'empty-call': () => () => torch.getNumThreads(),
  detach: detachStep,
  'add-4': addStep
}

module.exports = { documentStep, mlpStep }

if (require.main === module) {
  const { nodeLibtorch, libtorch } = torch.version
  torch.setNumThreads(1)
  serve(`Node ${process.version}, node-libtorch ${nodeLibtorch}, libtorch ${libtorch}`, rows)
}
