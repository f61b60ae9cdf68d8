/**
 * Batch gradient descent: the gradient over all n training samples again, but summed batch by
 * batch, and one step when the whole data set has been seen.
 *
 *   J(theta) = 1/n * sum_{i=1..n} (f(x_i; theta) - y_i)^2
 *   grad J(theta) = sum_{batches B} grad ( 1/n * sum_{i in B} (f(x_i; theta) - y_i)^2 )
 *   theta <- theta - lr * grad J(theta)
 *
 * Up to rounding, the steps are those of gradient descent. What differs is memory: one batch and
 * its graph at a time, so that the data may be larger than memory; the price is more passes through
 * the model for each step. (A step after every batch would be stochastic gradient descent with a
 * random few: stochastic-gradient-descent.ts, `batchSize`.)
 *
 * Repeated until convergence: until J changes by at most `lossTolerance` between two steps, or
 * |grad J| is at most `gradTolerance`; at most `epochLimit` times.
 *
 * By itself: node build/examples/batch-gradient-descent.js
 */
import { manualSeed, nn, optim } from 'node-libtorch'

import { runAlone } from './alone'
import type { Dataset } from './data'
import {
  Convergence,
  type Ending,
  Logbook,
  type Result,
  type RunOptions,
  gradientNorm,
  lossOver
} from './training'

/**
 * Trains a linear model on `data.train`. Defaults: batchSize 128, lr 0.2, tolerances 1e-8 and 1e-3,
 * limit 5,000.
 */
export async function run(
  data: Dataset,
  options: RunOptions & { batchSize?: number } = {}
): Promise<Result> {
  const {
    seed = 0,
    lr = 0.2,
    lossTolerance = 1e-8,
    gradTolerance = 1e-3,
    epochLimit = 5000
  } = options
  const { batchSize = 128 } = options
  const { x, y, size } = data.train
  manualSeed(seed)
  const model = new nn.Linear(data.features.length, 1)
  const criterion = new nn.MSELoss()
  const squaredError = new nn.MSELoss({ reduction: 'sum' })
  const optimizer = new optim.SGD(model.parameters(), { lr })
  const convergence = new Convergence({ lossTolerance, gradTolerance, patience: 1 })
  const logbook = new Logbook('batch gradient descent', { ...options, epochLimit })

  let epoch = 0
  let gradNorm = Number.NaN
  let ending: Ending | null = null
  while (ending === null) {
    optimizer.zeroGrad()
    let lossValue = 0
    for (let start = 0; start < size; start += batchSize) {
      const count = Math.min(batchSize, size - start)
      const share = squaredError(model(x.narrow(0, start, count)), y.narrow(0, start, count)).div(
        size
      )
      share.backward() // adds to the gradients of the batches before
      lossValue += share.item()
    }

    gradNorm = gradientNorm(model.parameters())
    if (logbook.wants(epoch)) logbook.point(epoch, epoch * size, lossValue)
    ending = convergence.check(lossValue, gradNorm)
    if (ending === null && epoch === epochLimit) ending = 'limit'
    if (ending !== null) break

    optimizer.step()
    epoch++
    if (await logbook.pause(epoch)) ending = 'stopped'
  }
  return logbook.finish({
    epochs: epoch,
    steps: epoch,
    samplesSeen: epoch * size,
    trainLoss: lossOver(model, criterion, data.train),
    heldOutLoss: lossOver(model, criterion, data.heldOut),
    gradNorm,
    converged: ending
  })
}

if (require.main === module) void runAlone(run)
