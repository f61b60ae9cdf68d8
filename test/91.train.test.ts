import { beforeAll, describe, expect, jest, test } from '@jest/globals'
import {
  Generator,
  isTensor,
  manualSeed,
  nn,
  optim,
  rand,
  randperm,
  setNumThreads,
  type Tensor,
  type TrainOptimizer,
  type TrainOptions,
  train,
  tensor
} from 'node-libtorch'

import { JoinedEpochs } from '../lib/train/joined_epochs'
import { drawOrder } from '../lib/train/order'
import { bits, count, criterion, network, run, unrecordable, x, y } from './fixtures/train_network'

beforeAll(() => setNumThreads(1))

/** Batches in an order, by hand. */
function batches(size: number, order: Tensor | null, dropLast = false): [Tensor, Tensor][] {
  const made: [Tensor, Tensor][] = []
  for (let from = 0; from < count; from += size) {
    const length = Math.min(size, count - from)
    if (dropLast && length < size) break
    const pick = (t: Tensor) =>
      order ? t.indexSelect(0, order.narrow(0, from, length)) : t.narrow(0, from, length)
    made.push([pick(x), pick(y)])
  }
  return made
}

/** Any forward, and what it counts of itself. */
class Own extends nn.Module {
  first = new nn.Linear(3, 8)
  norm = new nn.BatchNorm1d(8)
  dropout = new nn.Dropout(0.3)
  last = new nn.Linear(8, 1)
  #forwards = 0
  forward(input: Tensor): Tensor {
    this.#forwards++
    const hidden = this.norm(this.first(input)) as Tensor
    const [one, other] = [hidden.tanh(), hidden.sigmoid().mul(0.5)]
    return this.last(this.dropout(one.add(other)))
  }
  get forwards(): number {
    return this.#forwards
  }
}

function own(): Own {
  manualSeed(3)
  return new Own()
}

interface Case {
  name: string
  model?: () => nn.Module
  make: (parameters: Tensor[]) => TrainOptimizer
  options?: Partial<TrainOptions>
  scheduler?: (optimizer: TrainOptimizer) => optim.lrScheduler.LRScheduler
  interval?: 'step' | 'epoch'
}

const sgd = (options: optim.SGDOptions) => (parameters: Tensor[]) =>
  new optim.SGD(parameters, options)
const cases: Case[] = [
  { name: 'gradient descent', make: sgd({ lr: 0.1 }) },
  {
    name: 'stochastic, one sample',
    make: sgd({ lr: 0.01 }),
    options: { batchSize: 1, shuffle: true }
  },
  { name: 'mini-batch', make: sgd({ lr: 0.05 }), options: { batchSize: 5 } },
  {
    name: 'mini-batch, shuffled',
    make: sgd({ lr: 0.05 }),
    options: { batchSize: 5, shuffle: true }
  },
  {
    name: 'dropLast',
    make: sgd({ lr: 0.05 }),
    options: { batchSize: 5, shuffle: true, dropLast: true }
  },
  {
    name: 'momentum',
    make: sgd({ lr: 0.05, momentum: 0.9, nesterov: true }),
    options: { batchSize: 8 }
  },
  {
    name: 'Adam',
    make: (p) => new optim.Adam(p, { lr: 0.01 }),
    options: { batchSize: 8, shuffle: true }
  },
  { name: 'clipGradNorm', make: sgd({ lr: 0.1 }), options: { batchSize: 8, clipGradNorm: 0.5 } },
  { name: 'clipGradValue', make: sgd({ lr: 0.1 }), options: { batchSize: 8, clipGradValue: 0.05 } },
  {
    name: 'accumulate',
    make: sgd({ lr: 0.1, momentum: 0.5 }),
    options: { batchSize: 4, accumulate: 4, shuffle: true }
  },
  {
    name: 'a schedule by epochs',
    make: sgd({ lr: 0.1 }),
    options: { batchSize: 8 },
    scheduler: (o) => new optim.lrScheduler.StepLR(o, 2, { gamma: 0.5 })
  },
  {
    name: 'a schedule by steps',
    make: sgd({ lr: 0.1 }),
    options: { batchSize: 8, accumulate: 2 },
    interval: 'step',
    scheduler: (o) => new optim.lrScheduler.ExponentialLR(o, 0.9)
  },
  {
    name: 'batch norm and a forward of its own',
    model: own,
    make: sgd({ lr: 0.05, momentum: 0.9 }),
    options: { batchSize: 8, shuffle: true }
  },
  {
    name: 'all of it',
    model: own,
    make: (p) => new optim.AdamW(p, { lr: 0.01, weightDecay: 0.1 }),
    options: { batchSize: 4, accumulate: 2, shuffle: true, clipGradNorm: 0.5, clipGradValue: 0.2 },
    scheduler: (o) => new optim.lrScheduler.CosineAnnealingLR(o, 4)
  }
]

/** The same, written as a loop. */
function byHand(
  { model: start = network, make, options = {}, scheduler, interval = 'epoch' }: Case,
  epochs: number
) {
  const model = start()
  const optimizer = make(model.parameters())
  const schedule = scheduler?.(optimizer)
  const { batchSize = 'full', shuffle = false, dropLast = false, accumulate = 1 } = options
  const losses: number[] = []
  manualSeed(11)
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffle ? drawOrder(count, null) : null
    const all = batches(batchSize === 'full' ? count : batchSize, order, dropLast)
    for (let i = 0; i < all.length; i += accumulate) {
      optimizer.zeroGrad()
      const group = all.slice(i, i + accumulate).map(([input, target]) => {
        const loss = criterion(model(input), target) as Tensor
        loss.div(accumulate).backward()
        return loss.item()
      })
      const { clipGradNorm, clipGradValue } = options
      if (clipGradValue) nn.utils.clipGradValue(model.parameters(), clipGradValue)
      if (clipGradNorm) nn.utils.clipGradNorm(model.parameters(), clipGradNorm)
      optimizer.step()
      losses.push(group.reduce((sum, loss) => sum + loss, 0) / group.length)
      if (interval === 'step') schedule?.step()
    }
    if (interval === 'epoch') schedule?.step()
  }
  return { model, losses }
}

function options(
  { make, options: own, scheduler, interval }: Case,
  model: nn.Module
): TrainOptions {
  const optimizer = make(model.parameters())
  const schedule = scheduler && { scheduler: scheduler(optimizer), interval }
  return {
    data: [x, y],
    loss: criterion,
    optimizer,
    seed: 11,
    ...(schedule && { scheduler: schedule }),
    ...own
  }
}

describe('the same bits as a loop written by hand', () => {
  test.each(cases)('$name', async (one) => {
    const wanted = byHand(one, 4)
    const model = (one.model ?? network)()
    const result = await train(model, { ...options(one, model), epochs: 4, compile: false })
    expect([result.compiled, result.notCompiled]).toEqual([false, 'compile is false'])
    expect(bits(model)).toEqual(bits(wanted.model))
    expect(result.steps).toBe(wanted.losses.length)
    for (const [i, found] of result.losses.entries())
      expect(found).toBeCloseTo(wanted.losses[i]!, 6)
    expect([result.epochs, result.stoppedBy]).toEqual([4, 'epochs'])
  })

  test.each(cases)('compiled: $name', async (one) => {
    const wanted = byHand(one, 40)
    const model = (one.model ?? network)()
    const loss = jest.fn((output: Tensor, target: Tensor) => criterion(output, target) as Tensor)
    const made = { ...options(one, model), loss }
    const result = await train(model, { ...made, epochs: 40 })
    expect(bits(model)).toEqual(bits(wanted.model))
    expect(result.steps).toBe(wanted.losses.length)
    for (const [i, found] of result.losses.entries())
      expect(found).toBeCloseTo(wanted.losses[i]!, 6)
    expect([result.compiled, result.notCompiled]).toEqual([true, null])
    // A recording of the first step, one more where it made state, and the same for a last batch.
    const { accumulate = 1 } = one.options ?? {}
    expect(loss.mock.calls.length).toBeLessThanOrEqual(4 * accumulate)
    if (model instanceof Own) expect(model.forwards).toBe(loss.mock.calls.length)
  })

  test('a step that cannot be recorded: undone, then run eagerly, and the result says why', async () => {
    // The first one, or that of the last batch, which has six samples, when others were replayed.
    const late = (output: Tensor, target: Tensor) =>
      output.shape[0] === 6 ? unrecordable(output, target) : (criterion(output, target) as Tensor)
    for (const name of ['Adam', 'momentum', 'a schedule by steps']) {
      const one = cases.find((each) => each.name === name) as Case
      for (const loss of [unrecordable, late]) {
        const model = network()
        const result = await train(model, { ...options(one, model), loss, epochs: 4 })
        expect(bits(model)).toEqual(bits(byHand(one, 4).model))
        expect([result.compiled, result.notCompiled]).toEqual([
          false,
          expect.stringMatching(/^compile: Tensor\.item\(\) at .*train_network/)
        ])
      }
    }
  })

  test('many epochs in one run of the native thread, where nothing happens between them', async () => {
    const one = cases[2] as Case
    const model = network()
    const { atOnce } = JoinedEpochs.prototype
    const stretches: number[] = []
    const spy = jest.spyOn(JoinedEpochs.prototype, 'atOnce')
    spy.mockImplementation(function (this: JoinedEpochs, ...pass) {
      const epochs = atOnce.apply(this, pass)
      stretches.push(epochs)
      return epochs
    })
    try {
      const result = await train(model, { ...options(one, model), epochs: 40 })
      expect(bits(model)).toEqual(bits(byHand(one, 40).model))
      expect(result).toMatchObject({ epochs: 40, steps: 200 })
      expect(result.history.epoch).toHaveLength(40)
      expect(stretches.length).toBeLessThan(20)
      expect(stretches.reduce((sum, epochs) => sum + epochs)).toBe(40)
    } finally {
      spy.mockRestore()
    }
  })

  test('LBFGS, whose step asks for the loss itself', async () => {
    const line = () => {
      manualSeed(5)
      return new nn.Linear(3, 1)
    }
    const [model, wanted] = [line(), line()]
    const optimizer = new optim.LBFGS(wanted.parameters(), { lr: 0.5, maxIter: 4 })
    for (let i = 0; i < 5; i++) {
      optimizer.step(() => {
        optimizer.zeroGrad()
        const loss = criterion(wanted(x), y) as Tensor
        loss.backward()
        return loss
      })
    }
    const own = new optim.LBFGS(model.parameters(), { lr: 0.5, maxIter: 4 })
    const result = await train(model, { data: [x, y], loss: criterion, optimizer: own, epochs: 5 })
    expect(bits(model)).toEqual(bits(wanted))
    expect(result.notCompiled).toMatch(/LBFGS/)
  })

  test('an order from a generator of its own', async () => {
    const model = network()
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const generator = new Generator().manualSeed(4)
    await train(model, {
      data: [x, y],
      loss: criterion,
      optimizer,
      epochs: 1,
      batchSize: 8,
      seed: 1,
      shuffle: generator
    })
    const other = network()
    const sgd = new optim.SGD(other.parameters(), { lr: 0.1 })
    manualSeed(1)
    const its = new Generator().manualSeed(4)
    // What a DataLoader draws for its workers.
    rand([], { generator: new Generator() })
    tensor(0, { dtype: 'int64' }).random_({ generator: its })
    for (const [input, target] of batches(8, randperm(count, { generator: its }))) {
      sgd.zeroGrad()
      ;(criterion(other(input), target) as Tensor).backward()
      sgd.step()
    }
    expect(bits(model)).toEqual(bits(other))
  })
})

describe('data', () => {
  const trained = async (more: Partial<TrainOptions>) => {
    const model = network()
    await run({ epochs: 2, ...more }, model)
    return bits(model)
  }
  const stream = () => batches(8, null)
  async function* slowly() {
    for (const batch of stream()) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      yield batch
    }
  }

  test('tensors, a data set of them, rows and streams of batches are the same', async () => {
    const wanted = await trained({})
    const rows = (x.tolist() as number[][]).map(
      (row, i) => [row, (y.tolist() as number[][])[i]!] as const
    )
    expect(await trained({ data: { tensors: [x, y] } })).toEqual(wanted)
    expect(await trained({ data: rows })).toEqual(wanted)
    const streamed = { batchSize: undefined }
    expect(await trained({ ...streamed, data: stream() })).toEqual(wanted)
    expect(await trained({ ...streamed, data: new Set(stream()) })).toEqual(wanted)
    expect(await trained({ ...streamed, data: slowly })).toEqual(wanted)
    expect(await trained({ ...streamed, data: slowly, compile: false })).toEqual(wanted)
  })

  test('a loader whose pass is plain, and one whose is not', async () => {
    const used: unknown[] = []
    const loader = (isPlain: boolean) => ({
      [Symbol.iterator]: () => stream()[Symbol.iterator](),
      plain: () =>
        isPlain
          ? {
              tensors: [x, y],
              order: null,
              batchSize: 8,
              dropLast: false,
              advance: (n: number) => used.push(n),
              finish: () => used.push('end')
            }
          : null
    })
    const wanted = await trained({})
    expect(await trained({ batchSize: undefined, data: loader(true) })).toEqual(wanted)
    expect(used).toEqual([1, 1, 1, 'end', 1, 1, 1, 'end'])
    expect(await trained({ batchSize: undefined, data: loader(false) })).toEqual(wanted)
  })

  test('inputs and targets in objects, and several inputs', async () => {
    class Two extends nn.Module {
      linear = new nn.Linear(3, 1)
      forward(a: Tensor | { a: Tensor }, b?: Tensor) {
        const first = b ? (a as Tensor) : (a as { a: Tensor }).a
        return { sum: this.linear(b ? first.add(b) : first) }
      }
    }
    const trained = async (data: TrainOptions['data']) => {
      manualSeed(2)
      const model = new Two()
      const loss = (output: { sum: Tensor }, target: Tensor | { goal: Tensor }) =>
        criterion(output.sum, isTensor(target) ? target : target.goal) as Tensor
      await run({ data, loss, epochs: 2 }, model)
      return bits(model)
    }
    const wanted = await trained([x, x, y])
    expect(await trained([{ a: x.add(x) }, { goal: y }])).toEqual(wanted)
  })

  test('the share of waiting', async () => {
    const result = await run({ batchSize: undefined, data: slowly, epochs: 3 })
    expect(result.dataWaitShare).toBeGreaterThan(0)
    expect(result.dataWaitShare).toBeLessThanOrEqual(1)
    expect((await run({ epochs: 3 })).dataWaitShare).toBe(0)
  })

  test('a generator runs once only', async () => {
    const once = (function* () {
      yield* stream()
    })()
    await expect(run({ batchSize: undefined, data: once, epochs: 2 })).rejects.toThrow(
      /data: expected batches in epoch 2, got none; .*give a function/
    )
  })

  test('wrong batches are told by their place', async () => {
    const wrong = (data: unknown) => run({ batchSize: undefined, data: data as never, epochs: 1 })
    await expect(wrong(() => [stream()[0], [x]])).rejects.toThrow(/data: batch 1: expected a batch/)
    await expect(wrong(() => [[x, 5]])).rejects.toThrow(/data: batch 0\[1\]: expected a Tensor/)
    await expect(wrong(() => 5)).rejects.toThrow(/data: expected a function that gives an iterable/)
  })
})
