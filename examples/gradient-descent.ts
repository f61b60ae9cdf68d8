/**
 * Gradient descent: every step follows the gradient over all n training samples, computed at once.
 *
 *   J(theta) = 1/n * sum_{i=1..n} (f(x_i; theta) - y_i)^2
 *   theta <- theta - lr * grad J(theta)
 *
 * One step an epoch. Repeated until convergence: until J changes by at most `lossTolerance` between
 * two steps, or |grad J| is at most `gradTolerance`; at most `epochLimit` times.
 *
 * By itself: node build/examples/gradient-descent.js
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

/** Trains a linear model on `data.train`. Defaults: lr 0.2, tolerances 1e-8, 1e-3, limit 5,000. */
export async function run(data: Dataset, options: RunOptions = {}): Promise<Result> {
  const {
    seed = 0,
    lr = 0.2,
    lossTolerance = 1e-8,
    gradTolerance = 1e-3,
    epochLimit = 5000
  } = options
  const { x, y, size } = data.train
  manualSeed(seed)
  const model = new nn.Linear(data.features.length, 1)
  const criterion = new nn.MSELoss()
  const optimizer = new optim.SGD(model.parameters(), { lr })
  const convergence = new Convergence({ lossTolerance, gradTolerance, patience: 1 })
  const logbook = new Logbook('gradient descent', { ...options, epochLimit })

  let epoch = 0
  let gradNorm = Number.NaN
  let ending: Ending | null = null
  while (ending === null) {
    optimizer.zeroGrad()
    const loss = criterion(model(x), y)
    loss.backward()

    gradNorm = gradientNorm(model.parameters())
    const lossValue = loss.item()
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
