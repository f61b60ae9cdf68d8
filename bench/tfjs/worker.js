'use strict'

// The benchmark's rows in TensorFlow.js on its wasm backend. BENCH_TFJS is the folder that its
// packages were installed into.
const path = require('node:path')
const { createRequire } = require('node:module')
const { serve } = require('../serve')

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

function documentStep() {
  const model = perceptron([1, 1])
  const optimizer = tf.train.sgd(0.01)
  return () => {
    tf.tidy(() => {
      optimizer.minimize(() => {
        const output = model(tf.tensor2d([[1.0]]))
        return tf.losses.meanSquaredError(tf.tensor2d([[0.0]]), output)
      })
    })
  }
}

function mlpStep(sizes, batch) {
  const model = perceptron(sizes)
  const optimizer = tf.train.sgd(0.01)
  const x = tf.randomNormal([batch, sizes[0]])
  const y = tf.randomNormal([batch, sizes.at(-1)])
  return () => {
    tf.tidy(() => {
      optimizer.minimize(() => tf.losses.meanSquaredError(y, model(x)))
    })
  }
}

async function main() {
  wasm.setWasmPaths(`${path.dirname(load.resolve('@tensorflow/tfjs-backend-wasm'))}/`)
  wasm.setThreadsCount(1)
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs: the wasm backend did not start')
  await tf.ready()
  serve(`Node ${process.version}, tfjs ${tf.version.tfjs} (${tf.getBackend()})`, {
    document: documentStep,
    '64-128-10': () => mlpStep([64, 128, 10], 128)
  })
}

main()
