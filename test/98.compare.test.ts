import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  type CompareOptions,
  type CompareProgress,
  type Comparison,
  compare,
  type LoggedEvent,
  manualSeed,
  type Method,
  nn,
  optim,
  randn,
  type Tensor
} from 'node-libtorch'

import { type Train, compareWith } from '../lib/compare/compare'
import type { TrainOptions } from '../lib/compare/train'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'compare-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** 64 samples of y = 2 a - 3 b + 1. */
function line(): [Tensor, Tensor] {
  manualSeed(9)
  const x = randn(64, 2)
  return [
    x,
    x
      .narrow(1, 0, 1)
      .mul(2)
      .sub(x.narrow(1, 1, 1).mul(3))
      .add(1)
  ]
}
const data = line()
const loss = new nn.MSELoss()
const model = () => new nn.Linear(2, 1)
const sgd =
  (options: { lr: number; momentum?: number }): Method['optimizer'] =>
  (parameters) =>
    new optim.SGD(parameters, options)

const methods: Method[] = [
  { name: 'gradient descent', optimizer: sgd({ lr: 0.1 }), batchSize: 'full' },
  { name: 'stochastic', optimizer: sgd({ lr: 0.01 }), batchSize: 1, shuffle: true },
  { name: 'mini-batch', optimizer: sgd({ lr: 0.05 }), batchSize: 16, shuffle: true },
  { name: 'momentum', optimizer: sgd({ lr: 0.1, momentum: 0.5 }) },
  { name: 'Adam', optimizer: (parameters) => new optim.Adam(parameters, { lr: 0.1 }) }
]

const numbers = (module: nn.Module | null) => module!.parameters().map((one) => one.tolist())

describe('methods on the same data', () => {
  let found: Comparison
  beforeAll(async () => {
    found = await compare(methods, { model, data, loss, epochs: 20, seed: 3, target: 0.5 })
  })

  test('take as many steps as their batches make', () => {
    expect(
      found.methods.map(({ name, status, epochs, steps }) => [name, status, epochs, steps])
    ).toEqual([
      ['gradient descent', 'done', 20, 20],
      ['stochastic', 'done', 20, 1280],
      ['mini-batch', 'done', 20, 80],
      ['momentum', 'done', 20, 20],
      ['Adam', 'done', 20, 20]
    ])
  })

  test('start from the same weights: their first losses on all the data are the same', () => {
    const first = (name: string) => found.curves.find((curve) => curve.name === name)!.loss[0]
    expect(first('gradient descent')).toBe(first('momentum'))
    expect(first('gradient descent')).toBe(first('Adam'))
    expect(first('gradient descent')).not.toBe(first('mini-batch'))
  })

  test('give what a loop by hand gives, to the bit', () => {
    manualSeed(3)
    const mine = model()
    const optimizer = new optim.SGD(mine.parameters(), { lr: 0.1, momentum: 0.5 })
    const losses: number[] = []
    for (let epoch = 0; epoch < 20; epoch++) {
      optimizer.zeroGrad()
      const value = loss(mine(data[0]), data[1])
      value.backward()
      optimizer.step()
      losses.push(value.item() as number)
    }
    expect(numbers(found.methods[3]!.model)).toEqual(numbers(mine))
    expect(found.curves[3]!.loss).toEqual(losses)
  })

  test('are the same by the same seed, in another order and without the others', async () => {
    const options = { model, data, loss, epochs: 20, seed: 3 }
    const again = await compare([methods[2]!, methods[1]!], options)
    expect(again.curves.map((curve) => curve.loss)).toEqual([
      found.curves[2]!.loss,
      found.curves[1]!.loss
    ])
    const other = await compare([methods[2]!], { ...options, seed: 4 })
    expect(other.curves[0]!.loss).not.toEqual(found.curves[2]!.loss)
  })

  test('the best is the one with the least final loss', () => {
    const losses = found.methods.map(({ finalLoss }) => finalLoss as number)
    expect(found.best!.finalLoss).toBe(Math.min(...losses))
  })

  test('table, JSON and CSV', () => {
    const [head, first] = found.table().split('\n')
    expect(head).toMatch(
      /^method +final loss +best loss +epochs +seconds +epochs to target +seconds to target +samples\/s$/
    )
    expect(first).toMatch(
      /^gradient descent +[\d.]+ +[\d.]+ +20 +\d+\.\d\d +\d+ +\d+\.\d\d +[\d,]+$/
    )
    expect(String(found)).toBe(found.table())
    const json = JSON.parse(JSON.stringify(found))
    expect(json).toMatchObject({ seed: 3, target: 0.5, aborted: false })
    expect(json.methods[4]).toMatchObject({ name: 'Adam', status: 'done', error: null })
    expect(json.methods[4].curve.loss).toEqual(found.curves[4]!.loss)
    expect(json.methods[4]).not.toHaveProperty('model')
    const file = path.join(folder, 'curves.csv')
    found.toCsv(file)
    const rows = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(rows[0]).toBe('method,epoch,step,seconds,loss,validationLoss')
    expect(rows).toHaveLength(101)
    const { seconds, loss: losses } = found.curves[1]!
    expect(rows[22]).toBe(`stochastic,2,128,${seconds[1]},${losses[1]},`)
  })
})

describe('a model of its own, validation, a scheduler', () => {
  test('losses are those over the validation data', async () => {
    const deep = () => new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Linear(8, 1))
    const found = await compare(
      [
        { ...methods[0]!, name: 'shared' },
        { ...methods[0]!, name: 'own', model: deep },
        {
          ...methods[0]!,
          name: 'scheduled',
          scheduler: (optimizer) =>
            new optim.lrScheduler.StepLR(optimizer as optim.SGD, 1, { gamma: 0 })
        }
      ],
      { model, data, loss, epochs: 3, validation: data }
    )
    const [shared, own, scheduled] = found.methods
    expect(found.methods.map(({ error }) => error)).toEqual([null, null, null])
    expect(own!.model!.parameters()).toHaveLength(4)
    // The loss after an epoch is the one that the next epoch's only step sees first.
    expect(shared!.curve.validationLoss.slice(0, 2)).toEqual(shared!.curve.loss.slice(1))
    expect(shared!.finalLoss).toBe(shared!.curve.validationLoss[2])
    // Without a learning rate from the second epoch on.
    expect(scheduled!.curve.validationLoss[2]).toBe(scheduled!.curve.validationLoss[0])
    expect(scheduled!.curve.validationLoss[0]).toBe(shared!.curve.validationLoss[0])
  })
})

/** A train() that tells events and does nothing. */
function told(eventsOf: (options: TrainOptions) => LoggedEvent[]): Train {
  return (_model, options) => {
    async function* iterate() {
      for (const event of eventsOf(options)) {
        await null
        yield event
        if (!options.signal?.aborted) continue
        yield { type: 'stop', step: event.step, reason: 'signal' } as const
        return
      }
    }
    return Object.assign(Promise.resolve({ stoppedBy: 'epochs' }), {
      [Symbol.asyncIterator]: iterate
    })
  }
}

const epoch = (number: number, value: number, seconds: number): LoggedEvent => ({
  type: 'epoch',
  step: number * 2,
  epoch: number,
  loss: value,
  seconds
})

describe('what is told', () => {
  const options: CompareOptions = { model, warmUp: false }
  const run = (events: LoggedEvent[], more: CompareOptions = {}) =>
    compareWith(
      told(() => events),
      [methods[0]!],
      { ...options, ...more }
    )

  test('epochs and seconds to the target, and speed', async () => {
    const start = { type: 'start', step: 0, samples: 100 } as LoggedEvent
    const { methods: found } = await run(
      [
        start,
        epoch(1, 4, 0.5),
        epoch(2, 1, 1),
        epoch(3, 2, 2),
        { type: 'stop', step: 6, seconds: 2.5 }
      ],
      { target: 1 }
    )
    expect(found[0]).toMatchObject({
      finalLoss: 2,
      bestLoss: 1,
      epochs: 3,
      steps: 6,
      seconds: 2.5,
      samplesPerSecond: 150,
      epochsToTarget: 2,
      secondsToTarget: 1,
      result: { stoppedBy: 'epochs' }
    })
  })

  test('a target that was never reached, a loss that diverged', async () => {
    const found = await run([epoch(1, 4, 1), epoch(2, Number.NaN, 2)], { target: 1 })
    expect(found.methods[0]).toMatchObject({
      finalLoss: Number.NaN,
      bestLoss: 4,
      epochsToTarget: null,
      secondsToTarget: null,
      samplesPerSecond: null
    })
    expect(found.best).toBe(null)
    expect(found.table().split('\n')[1]).toMatch(/^gradient descent +NaN +4 +2 +2\.00 +- +- +-$/)
  })

  test('every event, with the method and its place', async () => {
    const seen: CompareProgress[] = []
    await compareWith(
      told(() => [epoch(1, 1, 1)]),
      methods.slice(0, 2),
      { ...options, onProgress: (progress) => seen.push(progress) }
    )
    expect(seen).toEqual([
      { name: 'gradient descent', index: 0, count: 2, event: epoch(1, 1, 1) },
      { name: 'stochastic', index: 1, count: 2, event: epoch(1, 1, 1) }
    ])
  })

  test('train() gets what methods share, what is theirs, and the seed', async () => {
    const seen: Record<string, unknown>[] = []
    const train = told(({ optimizer, ...rest }) => {
      seen.push({ ...rest, lr: optimizer.paramGroups[0]!.lr })
      return [epoch(1, 1, 1)]
    })
    const shared = {
      model,
      data,
      loss,
      epochs: 7,
      batchSize: 4,
      seed: 5,
      loggers: (name: string) => [{ name, log() {} }]
    }
    await compareWith(train, methods.slice(0, 2), shared)
    const mine = { data, loss, epochs: 7, seed: 5, signal: expect.any(AbortSignal) }
    const own = (name: string) => [{ name, log: expect.any(Function) }]
    const [warmUp, first, , second] = seen
    expect(seen).toHaveLength(4)
    expect(warmUp).toEqual({ ...mine, batchSize: 'full', lr: 0.1 })
    expect(first).toEqual({ ...mine, batchSize: 'full', lr: 0.1, loggers: own('gradient descent') })
    expect(second).toEqual({
      ...mine,
      batchSize: 1,
      shuffle: true,
      lr: 0.01,
      loggers: own('stochastic')
    })
  })
})

describe('stopping', () => {
  test('a signal ends the method whose turn it is; what there is remains', async () => {
    const controller = new AbortController()
    const found = await compare(methods.slice(0, 3), {
      model,
      data,
      loss,
      epochs: 1000,
      signal: controller.signal,
      onProgress: ({ index, event }) => {
        if (index === 1 && event.type === 'epoch' && event.epoch === 2) controller.abort()
      }
    })
    expect(found.aborted).toBe(true)
    expect(found.methods.map(({ status }) => status)).toEqual(['done', 'stopped', 'not run'])
    expect(found.methods.map(({ epochs }) => epochs)).toEqual([1000, 2, 0])
    expect(found.table()).toMatch(/\nmini-batch +not run +- +- +0 +0\.00 +-$/)
  })

  test('an onProgress that throws ends the comparison, with its error', async () => {
    const names = new Set<string>()
    const onProgress = ({ name }: CompareProgress) => {
      names.add(name)
      throw new Error('mine')
    }
    const options = { model, data, loss, epochs: 1000, onProgress }
    await expect(compare(methods, options)).rejects.toThrow(/^mine$/)
    expect(names).toEqual(new Set(['gradient descent']))
  })

  test('a signal that was aborted before: nothing runs', async () => {
    const found = await compare(methods, { model, data, loss, signal: AbortSignal.abort() })
    expect(found.methods.every(({ status }) => status === 'not run')).toBe(true)
  })
})

describe('what goes wrong', () => {
  const broken: Method = {
    name: 'broken',
    optimizer: () => {
      throw new Error('no optimizer')
    }
  }

  test('a method that throws is one that failed', async () => {
    const found = await compare([broken, methods[0]!], { model, data, loss, epochs: 2 })
    expect(found.methods.map(({ status, error }) => [status, error])).toEqual([
      ['failed', 'no optimizer'],
      ['done', null]
    ])
    expect(found.aborted).toBe(false)
  })

  test.each<[string, unknown, unknown, RegExp]>([
    ['no array', {}, { model }, /methods: expected an array of at least one \{ name, optimizer \}/],
    ['none', [], { model }, /methods: expected an array of at least one/],
    [
      'a method that is none',
      [1],
      { model },
      /methods\[0\]: expected an object \{ name, optimizer/
    ],
    [
      'no name',
      [{ optimizer: methods[0]!.optimizer }],
      { model },
      /methods\[0\].name: expected a name/
    ],
    [
      'a name twice',
      [methods[0], methods[0]],
      { model },
      /methods\[1\].name: expected a name of its own/
    ],
    [
      'an optimizer',
      [{ name: 'a', optimizer: {} }],
      { model },
      /optimizer: expected a function that makes one/
    ],
    [
      'a module',
      methods,
      { model: new nn.Linear(1, 1) },
      /model: expected a function that makes the model/
    ],
    [
      'no model',
      methods,
      {},
      /methods\[0\].model: expected a function that makes the model, got undefined/
    ],
    [
      'a folder for all',
      methods,
      { model, checkpoint: { path: 'x' } },
      /options.checkpoint: expected none that all share, got .*; give each method its own/
    ],
    [
      'loggers for all',
      methods,
      { model, loggers: [] },
      /methods\[0\].loggers: expected a function/
    ],
    ['no options', methods, undefined, /options: expected an object/],
    ['a wrong seed', methods, { model, seed: 1.5 }, /seed: expected an integer/],
    ['a wrong target', methods, { model, target: 'x' }, /target: expected a finite number/],
    ['a wrong signal', methods, { model, signal: 1 }, /signal: expected an AbortSignal/],
    ['a wrong progress', methods, { model, progress: 'x' }, /progress: expected 'auto', 'bar'/],
    [
      'the same model',
      methods.slice(0, 1),
      {
        model: (
          () => (one) => () =>
            one
        )()(new nn.Linear(2, 1)),
        data,
        loss
      },
      /every method failed, the first with: model\(\): expected a new module/
    ],
    [
      'no module',
      methods,
      { model: () => 1 },
      /first with: model\(\): expected a module, got number 1/
    ],
    [
      'what train() does not know',
      methods,
      { model, data, loss, lr: 1 },
      /first with: train: unknown option 'lr'/
    ]
  ])('%s', async (_name, given, options, message) => {
    await expect(compare(given as Method[], options as CompareOptions)).rejects.toThrow(message)
  })
})
