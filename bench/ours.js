'use strict'

// The benchmark's rows in node-libtorch, on the built package (dist and addon):
// `node bench/ours.js eager | compiled | run`.
const torch = require('node-libtorch')
const { parse } = require('./rows')
const { loop, serve } = require('./serve')

const { nn, optim, tensor } = torch

class Model extends nn.Module {
  linear = new nn.Linear(1, 1)
  forward(x) {
    return this.linear(x)
  }
}

function perceptron(sizes) {
  const layers = []
  for (let i = 0; i + 1 < sizes.length; i++) {
    if (i > 0) layers.push(new nn.ReLU())
    layers.push(new nn.Linear(sizes[i], sizes[i + 1]))
  }
  return new nn.Sequential(...layers)
}

function convolutional() {
  return new nn.Sequential(
    new nn.Conv2d(1, 16, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(16, 32, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(800, 10)
  )
}

function makeModel({ name, sizes }) {
  if (name === 'document') return new Model()
  return name === 'cnn' ? convolutional() : perceptron(sizes)
}

function makeData({ name, sizes, batch, loss }) {
  if (name === 'document') return [tensor([1.0]), tensor([0.0])]
  const x = torch.randn(name === 'cnn' ? [batch, 1, 28, 28] : [batch, sizes[0]])
  if (loss === 'mse') return [x, torch.randn([batch, sizes.at(-1)])]
  return [x, torch.randint(0, 10, [batch], { dtype: 'int64' })]
}

/** A row's training: its step as a function of a batch, and the batch. */
function training(row) {
  const spec = parse(row)
  torch.manualSeed(0)
  const model = makeModel(spec)
  const criterion = spec.loss === 'mse' ? new nn.MSELoss() : new nn.CrossEntropyLoss()
  const Optimizer = spec.optimizer === 'adam' ? optim.Adam : optim.SGD
  const optimizer = new Optimizer(model.parameters(), { lr: spec.lr })
  // A function of its own: V8 keeps what an expression made on the way until the function returns.
  const lossOf = (x, y) => criterion(model(x), y)
  const step = (x, y) => {
    optimizer.zeroGrad()
    const loss = lossOf(x, y)
    loss.backward()
    optimizer.step()
    return loss
  }
  return { ...spec, step, data: makeData(spec) }
}

/** Calls `step` as a loop would: the document's makes its tensors anew each time. */
function caller(name, step, [x, y]) {
  return name === 'document' ? () => step(tensor([1.0]), tensor([0.0])) : () => step(x, y)
}

function compile(step, options) {
  if (typeof torch.compile !== 'function')
    throw new Error('not available: torch.compile is missing')
  return torch.compile(step, options)
}

const calls = {
  'empty-call': () => () => torch.getNumThreads(),
  detach() {
    const x = torch.ones([4])
    return () => x.detach()
  },
  'add-4'() {
    const [a, b] = [torch.ones([4]), torch.ones([4])]
    return () => a.add(b)
  }
}

const item = (loss) => loss.item()

/** Each way to train: a row's name to what serve() wants. */
const ways = {
  eager(row) {
    if (Object.hasOwn(calls, row)) return loop(calls[row](), item, torch.scope)
    const { name, step, data } = training(row)
    return loop(caller(name, step, data), item, torch.scope)
  },
  /** "ROW!PASS" is the row with that pass left out. */
  compiled(text) {
    const [row, pass] = text.split('!')
    const { name, step, data } = training(row)
    const compiled = compile(step, pass ? { passes: { [pass]: false } } : {})
    return {
      ...loop(caller(name, compiled, data), item, torch.scope),
      passes: () => compiled.passes,
      explain: () => compiled.explain()
    }
  },
  run(row) {
    const { batch: batchSize, step, data } = training(row)
    const compiled = compile(step)
    return {
      run: (steps) => compiled.run(data, { steps, batchSize }),
      losses: async (steps) => (await compiled.run(data, { steps, batchSize })).losses,
      explain: () => compiled.explain()
    }
  }
}

module.exports = { ways }

if (require.main === module) {
  const { nodeLibtorch, libtorch } = torch.version
  const way = process.argv[2]
  torch.setNumThreads(1)
  if (way !== 'eager') compile(() => {})
  serve(`Node ${process.version}, node-libtorch ${nodeLibtorch}, libtorch ${libtorch}`, ways[way])
}
