'use strict'

// The benchmark's rows in TensorFlow.js on its wasm backend. BENCH_TFJS is the folder that its
// packages were installed into.
const path = require('node:path')
const { createRequire } = require('node:module')
const { parse } = require('../rows')
const { loop, serve } = require('../serve')

const load = createRequire(path.join(process.env.BENCH_TFJS, 'package.json'))
const tf = load('@tensorflow/tfjs')
const wasm = load('@tensorflow/tfjs-backend-wasm')

/** The layers' variables, initialised as PyTorch does: uniform within 1/sqrt(inputs). */
function perceptron(sizes) {
  const layers = []
  for (let i = 0; i + 1 < sizes.length; i++) {
    const bound = 1 / Math.sqrt(sizes[i])
    const weight = tf.variable(tf.randomUniform([sizes[i], sizes[i + 1]], -bound, bound))
    const bias = tf.variable(tf.randomUniform([sizes[i + 1]], -bound, bound))
    layers.push({ weight, bias })
  }
  return (x) =>
    layers.reduce((h, { weight, bias }, i) => {
      const sum = (i > 0 ? h.relu() : h).matMul(weight)
      return sum.add(bias)
    }, x)
}

const documentData = () => [tf.tensor2d([[1.0]]), tf.tensor2d([[0.0]])]

/** What gives a step its batch: the document's loop makes its tensors anew each time. */
function dataOf({ name, sizes, batch, loss }) {
  if (name === 'document') return documentData
  const x = tf.randomNormal([batch, sizes[0]])
  const y =
    loss === 'mse'
      ? tf.randomNormal([batch, sizes.at(-1)])
      : tf.oneHot(tf.randomUniform([batch], 0, sizes.at(-1), 'int32'), sizes.at(-1))
  return () => [x, y]
}

function training(row) {
  const spec = parse(row)
  const model = perceptron(spec.sizes)
  const optimizer = spec.optimizer === 'adam' ? tf.train.adam(spec.lr) : tf.train.sgd(spec.lr)
  const criterion = spec.loss === 'mse' ? tf.losses.meanSquaredError : tf.losses.softmaxCrossEntropy
  const data = dataOf(spec)
  const step = (wantsLoss) =>
    tf.tidy(() => {
      const loss = optimizer.minimize(() => {
        const [x, y] = data()
        return criterion(y, model(x))
      }, wantsLoss)
      return wantsLoss ? loss.dataSync()[0] : undefined
    })
  const { run } = loop(() => step(false))
  return { run, losses: (count) => Array.from({ length: count }, () => step(true)) }
}

async function main() {
  wasm.setWasmPaths(`${path.dirname(load.resolve('@tensorflow/tfjs-backend-wasm'))}/`)
  wasm.setThreadsCount(1)
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs: the wasm backend did not start')
  await tf.ready()
  await serve(`Node ${process.version}, tfjs ${tf.version.tfjs} (${tf.getBackend()})`, training)
}

main()
