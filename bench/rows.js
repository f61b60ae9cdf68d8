'use strict'

// What is measured. A row is a model, ":adam" behind it for that optimizer instead of SGD; the
// sides build it from its name, each in its own language (ours.js, tfjs/, python/, cpp/).

const sgdAims = { document: 4, '8-32-1': 3, '64-128-10': 1.4 }
const titles = {
  document: 'document',
  '8-32-1': '8-32-1 batch 32',
  '64-128-10': '64-128-10 batch 128',
  '784-256-128-10': '784-256-128-10 batch 128',
  cnn: 'CNN 1x28x28 batch 64'
}

/** Training rows: `aim` is how many times as fast as C++ eager a compiled step is meant to be. */
const trainings = Object.fromEntries([
  ...Object.entries(titles).map(([name, title]) => [
    name,
    { title: `${title}, SGD`, aim: sgdAims[name] ?? 1, aimPython: name === 'document' ? 10 : null }
  ]),
  ...Object.entries(titles)
    .filter(([name]) => name !== 'cnn')
    .map(([name, title]) => [`${name}:adam`, { title: `${title}, Adam`, aim: 1, aimPython: null }])
])

/** What crossing into the library costs. */
const calls = {
  'empty-call': { title: 'getNumThreads()' },
  detach: { title: 'x.detach()' },
  'add-4': { title: 'a.add(b), 4 elements' }
}

/** Shapes and learning rates, for the sides that are written in JavaScript. */
const models = {
  document: { sizes: [1, 1], batch: 1, loss: 'mse' },
  '8-32-1': { sizes: [8, 32, 1], batch: 32, loss: 'mse' },
  '64-128-10': { sizes: [64, 128, 10], batch: 128, loss: 'crossEntropy' },
  '784-256-128-10': { sizes: [784, 256, 128, 10], batch: 128, loss: 'crossEntropy' },
  '784-1024-1024-10': { sizes: [784, 1024, 1024, 10], batch: 256, loss: 'crossEntropy' },
  cnn: { batch: 64, loss: 'crossEntropy' }
}
// Adam's is small: a fixed batch is soon learnt by heart, and the averages of gradients that stay
// zero then become subnormal numbers, which a processor takes a hundred times as long for.
const learningRates = { sgd: 0.01, adam: 1e-5 }

/** "64-128-10:adam" -> its model's numbers, `optimizer` and `lr`. */
function parse(row) {
  const [model, optimizer = 'sgd'] = row.split(':')
  return { name: model, ...models[model], optimizer, lr: learningRates[optimizer] }
}

module.exports = { calls, parse, rows: { ...trainings, ...calls }, trainings }
