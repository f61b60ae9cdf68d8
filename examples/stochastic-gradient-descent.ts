/**
 * Stochastic gradient descent: every step follows the gradient of one random sample, or of a random
 * few (`batchSize`), an unbiased but noisy guess of grad J.
 *
 *   J_B(theta) = 1/|B| * sum_{i in B} (f(x_i; theta) - y_i)^2,  B random
 *   theta <- theta - lr_k * grad J_B(theta),  lr_k = lr / (1 + k / decayEpochs) in epoch k
 *
 * The samples are taken in a new random order every epoch, each once. The step size must fall, or
 * theta would wander around the optimum for ever. The gradient of one sample does not vanish at the
 * optimum, so convergence is checked after every epoch, on J and grad J over all the samples (these
 * checks are not counted as samples seen): until J changes by at most `lossTolerance` in 3 epochs
 * in a row, or |grad J| is at most `gradTolerance`; at most `epochLimit` epochs.
 *
 * By itself: node build/examples/stochastic-gradient-descent.js
 */
import { manualSeed, nn, optim, tensor } from 'node-libtorch'

import { runAlone } from './alone'
import type { Dataset } from './data'
import { permutation, seededRandom } from './random'
import {
  Convergence,
  type Ending,
  Logbook,
  type Result,
  type RunOptions,
  gradientNorm,
  lossOver
} from './training'

export interface StochasticOptions extends RunOptions {
  /** Samples a step. Default 1. */
  batchSize?: number
  /** Epochs after which the step size has halved. Default 2. */
  decayEpochs?: number
}

/**
 * Trains a linear model on `data.train`. Defaults: batchSize 1, lr 0.01, tolerances 1e-4 and 1e-3,
 * limit 200.
 */
export async function run(data: Dataset, options: StochasticOptions = {}): Promise<Result> {
  const {
    seed = 0,
    lr = 0.01,
    lossTolerance = 1e-4,
    gradTolerance = 1e-3,
    epochLimit = 200
  } = options
  const { batchSize = 1, decayEpochs = 2 } = options
  const { x, y, size } = data.train
  manualSeed(seed)
  const random = seededRandom(seed)
  const model = new nn.Linear(data.features.length, 1)
  const criterion = new nn.MSELoss()
  const optimizer = new optim.SGD(model.parameters(), { lr })
  const convergence = new Convergence({ lossTolerance, gradTolerance, patience: 3 })
  const logbook = new Logbook('stochastic gradient descent', { ...options, epochLimit })

  let [epoch, step, samplesSeen] = [0, 0, 0]
  let gradNorm = Number.NaN
  let ending: Ending | null = null
  logbook.point(0, 0, lossOver(model, criterion, data.train))
  while (ending === null) {
    for (const group of optimizer.paramGroups) group.lr = lr / (1 + epoch / decayEpochs)
    const order = tensor(permutation(size, random), { dtype: 'int64' })
    const [shuffledX, shuffledY] = [x.indexSelect(0, order), y.indexSelect(0, order)]
    for (let start = 0; start < size && ending === null; start += batchSize) {
      const count = Math.min(batchSize, size - start)
      optimizer.zeroGrad()
      const loss = criterion(
        model(shuffledX.narrow(0, start, count)),
        shuffledY.narrow(0, start, count)
      )
      loss.backward()
      optimizer.step()
      step++
      samplesSeen += count
      if (logbook.wants(step))
        logbook.point(step, samplesSeen, lossOver(model, criterion, data.train))
      if (await logbook.pause(epoch)) ending = 'stopped'
    }
    if (ending !== null) break
    epoch++

    optimizer.zeroGrad()
    const loss = criterion(model(x), y)
    loss.backward()
    gradNorm = gradientNorm(model.parameters())
    ending = convergence.check(loss.item(), gradNorm)
    if (ending === null && epoch === epochLimit) ending = 'limit'
  }
  return logbook.finish({
    epochs: epoch,
    steps: step,
    samplesSeen,
    trainLoss: lossOver(model, criterion, data.train),
    heldOutLoss: lossOver(model, criterion, data.heldOut),
    gradNorm,
    converged: ending
  })
}

if (require.main === module) void runAlone(run)
