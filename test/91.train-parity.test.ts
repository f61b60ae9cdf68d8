import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  optim,
  setNumThreads,
  type Tensor,
  type TrainOptimizer,
  type TrainOptions,
  train
} from 'node-libtorch'

import { runPython } from './parity/python'
import { criterion, network, x, y } from './fixtures/train_network'

beforeAll(() => setNumThreads(1))

const sgd = (options: optim.SGDOptions) => (parameters: Tensor[]) =>
  new optim.SGD(parameters, options)
const adam = (parameters: Tensor[]) => new optim.Adam(parameters, { lr: 0.01 })
type Run = [
  make: (parameters: Tensor[]) => TrainOptimizer,
  options?: Partial<TrainOptions>,
  gamma?: number
]
const runs: Record<string, Run> = {
  stochastic: [sgd({ lr: 0.01 }), { batchSize: 1 }],
  'mini-batch': [sgd({ lr: 0.05, momentum: 0.9 })],
  dropLast: [sgd({ lr: 0.05 }), { dropLast: true }],
  Adam: [adam, { batchSize: 8 }],
  clipped: [sgd({ lr: 0.1 }), { clipGradNorm: 0.3 }],
  accumulated: [adam, { batchSize: 4, accumulate: 2 }],
  scheduled: [sgd({ lr: 0.1 }), {}, 0.5]
}

describe('parameters as after the same loop in Python, with a DataLoader that shuffles', () => {
  const reference = runPython<Record<string, string[]>>('train.py')
  if ('skip' in reference) {
    test.skip(`skipped: ${reference.skip}`, () => undefined)
    return
  }
  test.each(Object.entries(runs))('%s', async (name, [make, options, gamma]) => {
    const model = network()
    const optimizer = make(model.parameters())
    const scheduler = gamma && new optim.lrScheduler.StepLR(optimizer, 1, { gamma })
    await train(model, {
      data: [x, y],
      loss: criterion,
      optimizer,
      epochs: 3,
      batchSize: 5,
      shuffle: true,
      seed: 11,
      ...(scheduler && { scheduler }),
      ...options
    })
    const found = model
      .parameters()
      .map((one) => Buffer.from(one.toTypedArray().buffer).toString('hex'))
    expect(found).toEqual(reference.result[name])
  })
})
