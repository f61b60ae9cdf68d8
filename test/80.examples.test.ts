import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, jest, test } from '@jest/globals'

import { run as batchGradientDescent } from '../examples/batch-gradient-descent'
import { loadConcrete, readTable } from '../examples/data'
import { run as gradientDescent } from '../examples/gradient-descent'
import { leastSquares, meanSquaredError, predict } from '../examples/least-squares'
import { run as prune } from '../examples/prune'
import { run as stochasticGradientDescent } from '../examples/stochastic-gradient-descent'
import { Convergence, type Method, type Progress } from '../examples/training'

const data = loadConcrete()
const rows = (part: typeof data.train) => ({
  x: part.x.tolist() as number[][],
  y: part.y.flatten().tolist() as number[]
})
const train = rows(data.train)
const optimum = leastSquares(train.x, train.y)

/** How far a loss is above the optimum, as a share of it. */
const excess = (loss: number) => loss / optimum.loss - 1

const methods: [string, Method][] = [
  ['gradient descent', gradientDescent],
  ['stochastic gradient descent', stochasticGradientDescent],
  ['batch gradient descent', batchGradientDescent]
]

describe('the data set', () => {
  test('has 8 features and is split 80/20', () => {
    expect(data.features).toHaveLength(8)
    expect(data.train.x.shape).toEqual([824, 8])
    expect(data.train.y.shape).toEqual([824, 1])
    expect(data.heldOut.x.shape).toEqual([206, 8])
    expect(data.target).toMatchObject({ name: 'compressive strength', unit: 'MPa' })
  })

  test('is standardised with the statistics of the training part alone', () => {
    const { x, y } = data.train
    for (const part of [x, y]) {
      for (const mean of part.mean(0).tolist() as number[]) expect(mean).toBeCloseTo(0, 5)
      for (const std of part.std(0, false).tolist() as number[]) expect(std).toBeCloseTo(1, 5)
    }
    const heldOut = data.heldOut.x.mean(0).tolist() as number[]
    expect(heldOut.some((mean) => Math.abs(mean) > 0.01)).toBe(true)
  })

  test('splits alike with one seed, otherwise with another', () => {
    expect(loadConcrete({ seed: 0 }).train.x.equal(data.train.x)).toBe(true)
    expect(loadConcrete({ seed: 1 }).train.x.equal(data.train.x)).toBe(false)
  })

  test('every row of the file is in one of the parts', () => {
    const file = readTable(path.join(__dirname, '..', 'examples', 'data', 'concrete.csv'))
    const strengths = [data.train, data.heldOut].flatMap((part) =>
      rows(part).y.map((value) => value * data.target.std + data.target.mean)
    )
    const sorted = (values: number[]) => values.toSorted((a, b) => a - b)
    const wanted = sorted(file.rows.map((row) => row.at(-1) as number))
    for (const [i, value] of sorted(strengths).entries()) {
      expect(value).toBeCloseTo(wanted[i] as number, 3)
    }
    expect(strengths).toHaveLength(1030)
  })

  test('a cell that is no number is named by row and column', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'node-libtorch-'))
    const file = path.join(folder, 'bad.csv')
    writeFileSync(file, 'a,b\n1,2\n3,x\n')
    try {
      expect(() => readTable(file)).toThrow("expected a number, got 'x' in row 2, b")
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('least squares in closed form', () => {
  test('leaves residuals orthogonal to every feature: no better weights exist', () => {
    const residuals = train.x.map((row, i) => predict(optimum.theta, row) - (train.y[i] as number))
    for (let j = 0; j < 8; j++) {
      const slope = residuals.reduce((sum, r, i) => sum + r * (train.x[i]?.[j] as number), 0)
      expect(Math.abs(slope)).toBeLessThan(1e-8)
    }
    expect(Math.abs(residuals.reduce((sum, r) => sum + r, 0))).toBeLessThan(1e-8)
  })

  test('refuses features that depend on each other', () => {
    const doubled = [
      [1, 2],
      [2, 4],
      [5, 10]
    ]
    expect(() => leastSquares(doubled, [1, 2, 3])).toThrow('expected independent features')
  })
})

describe('the stopping rule', () => {
  const rule = { lossTolerance: 0.01, gradTolerance: 0.1, patience: 2 }

  test('ends when the loss has been quiet for `patience` checks in a row', () => {
    const convergence = new Convergence(rule)
    const losses = [1, 0.995, 0.9, 0.895, 0.894]
    expect(losses.map((loss) => convergence.check(loss, 1))).toEqual([
      null,
      null,
      null,
      null,
      'loss'
    ])
  })

  test('ends when the gradient is small', () => {
    expect(new Convergence(rule).check(1, 0.1)).toBe('gradNorm')
  })

  test('a loss that ran away is an error with a remedy', () => {
    expect(() => new Convergence(rule).check(Number.NaN, 1)).toThrow(
      'lr: expected a learning rate that converges'
    )
  })
})

describe('the three methods', () => {
  test.each(methods)('%s converges to the closed-form optimum', async (name, method) => {
    const result = await method(data)
    expect(result.method).toBe(name)
    expect(['loss', 'gradNorm']).toContain(result.converged)
    expect(excess(result.trainLoss)).toBeGreaterThan(-1e-6)
    expect(excess(result.trainLoss)).toBeLessThan(1e-3)
    const heldOut = rows(data.heldOut)
    const best = meanSquaredError(optimum.theta, heldOut.x, heldOut.y)
    expect(Math.abs(result.heldOutLoss / best - 1)).toBeLessThan(0.02)
    expect(Math.sqrt(result.heldOutLoss) * data.target.std).toBeCloseTo(10.04, 1)
  })

  test.each(methods)(
    '%s: the same seed gives the same bits, another seed others',
    async (_, method) => {
      const [first, again, other] = [
        await method(data, { seed: 7, epochLimit: 5 }),
        await method(data, { seed: 7, epochLimit: 5 }),
        await method(data, { seed: 8, epochLimit: 5 })
      ]
      const numbers = ({ seconds: _seconds, ...rest }: typeof first) => rest
      expect(numbers(again)).toEqual(numbers(first))
      expect(other.trainLoss).not.toBe(first.trainLoss)
    }
  )

  test.each(methods)(
    '%s: the curve goes from the first weights to the result',
    async (_, method) => {
      const { curve, ...result } = await method(data)
      const { step, samples, loss } = curve
      expect(samples).toHaveLength(step.length)
      expect(loss).toHaveLength(step.length)
      expect(step.length).toBeGreaterThan(50)
      expect([step[0], samples[0]]).toEqual([0, 0])
      expect([step.at(-1), samples.at(-1)]).toEqual([result.steps, result.samplesSeen])
      expect(step.every((value, i) => i === 0 || value > (step[i - 1] as number))).toBe(true)
      expect(loss[0]).toBeGreaterThan(2 * (loss.at(-1) as number))
      expect(loss.at(-1)).toBeCloseTo(result.trainLoss, 6)
    }
  )

  test.each(methods)('%s: stops at the epoch limit and says so', async (_, method) => {
    const result = await method(data, { epochLimit: 2 })
    expect(result).toMatchObject({ converged: 'limit', epochs: 2, samplesSeen: 2 * 824 })
  })

  test.each(methods)('%s: stops at either criterion', async (_, method) => {
    expect(await method(data, { gradTolerance: 1e9 })).toMatchObject({ converged: 'gradNorm' })
    expect(await method(data, { lossTolerance: 1e9, gradTolerance: 0 })).toMatchObject({
      converged: 'loss'
    })
  })

  test.each(methods)('%s: a learning rate that is too large is an error', async (_, method) => {
    await expect(method(data, { lr: 50 })).rejects.toMatchObject({
      name: 'RangeError',
      message: expect.stringContaining('take a smaller one')
    })
  })

  test.each(methods)(
    '%s: reports progress and stops after the step in which it is told to',
    async (_, method) => {
      const controller = new AbortController()
      const seen: Progress[] = []
      const result = await method(data, {
        gradTolerance: 0,
        lossTolerance: -1,
        epochLimit: 1e6,
        signal: controller.signal,
        onProgress: (progress) => {
          seen.push(progress)
          controller.abort()
        }
      })
      expect(result.converged).toBe('stopped')
      expect(result.trainLoss).toBeLessThan(1)
      expect(seen).toHaveLength(2)
      expect(seen[0]).toMatchObject({ method: result.method, epochLimit: 1e6 })
    }
  )

  test('the gradient summed batch by batch makes the same steps up to rounding', async () => {
    const [whole, summed] = [
      await gradientDescent(data),
      await batchGradientDescent(data, { batchSize: 100 })
    ]
    const shared = Math.min(whole.curve.loss.length, summed.curve.loss.length)
    for (let i = 0; i < shared - 1; i++) {
      expect(summed.curve.loss[i]).toBeCloseTo(whole.curve.loss[i] as number, 5)
    }
    expect(Math.abs(summed.steps - whole.steps)).toBeLessThanOrEqual(2)
  })

  test('stochastic gradient descent takes one sample a step, or a few', async () => {
    const one = await stochasticGradientDescent(data, { epochLimit: 1 })
    expect([one.steps, one.samplesSeen]).toEqual([824, 824])
    const few = await stochasticGradientDescent(data, { epochLimit: 1, batchSize: 32 })
    expect([few.steps, few.samplesSeen]).toEqual([26, 824])
  })
})

describe('the document', () => {
  afterEach(() => {
    jest.restoreAllMocks()
  })

  test('its loop stands there word for word', () => {
    const source = readFileSync(path.join(__dirname, '..', 'examples', 'document.ts'), 'utf8')
    expect(source).toContain(`class Model extends nn.Module {
  linear = new nn.Linear(1, 1)
  forward(x: Tensor) { return this.linear(x) }
}

const model = new Model()
const criterion = new nn.MSELoss()
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
`)
    expect(source).toContain(`
for (let epoch = 0; epoch < 1000; epoch++) {
  optimizer.zeroGrad()
  const output = model(tensor([1.0]))
  const loss = criterion(output, tensor([0.0]))
  loss.backward()
  optimizer.step()
}
`)
  })

  test('prints a loss that falls to nothing', async () => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => {})
    await import('../examples/document.js')
    const [before, after] = log.mock.calls.map(([line]) =>
      Number(/: (\S+)$/.exec(String(line))?.[1])
    )
    expect(before).toBeGreaterThan(1e-3)
    expect(after).toBeLessThan(1e-9)
  })
})

describe('pruning', () => {
  test('half of the weights of a network for digits go, and fine-tuning brings the accuracy back', () => {
    const { before, pruned, tuned, sparsity } = prune({ epochs: 15, fineTuning: 8 })
    expect(before).toBeGreaterThan(0.87)
    expect(pruned).toBeGreaterThan(0.5)
    expect(tuned).toBeGreaterThan(before - 0.02)
    // 9,472 weights: half of them, and none has come back.
    expect(sparsity).toBe(0.5)
  })
})
