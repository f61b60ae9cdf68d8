import { setTimeout as sleep } from 'node:timers/promises'

import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  getNumThreads,
  isGradEnabled,
  manualSeed,
  nn,
  noGrad,
  optim,
  setNumThreads,
  type Tensor,
  type TensorTree,
  tensor,
  type TrainEvent,
  type TrainOptions,
  train,
  version
} from 'node-libtorch'

import { candidates, fastest } from '../lib/train/threads'
import { fakeCompile, withCompile } from './fixtures/train_neighbours'
import { bits, count, criterion, eventsOf, network, run, x, y } from './fixtures/train_network'

beforeAll(() => setNumThreads(1))

const [held, goals] = [x.narrow(0, 0, 10), y.narrow(0, 0, 10)]
const of = <T extends TrainEvent['type']>(events: TrainEvent[], type: T) =>
  events.filter((event) => event.type === type) as Extract<TrainEvent, { type: T }>[]

/** Loss on the held-out data, in eval mode. */
function measured(model: nn.Module): number {
  model.eval()
  const loss = noGrad(() => (criterion(model(held), goals) as Tensor).item())
  model.train()
  return loss
}

describe('events', () => {
  test('of a run, in order', async () => {
    const events = await eventsOf(run({ epochs: 2, validation: [held, goals] }))
    const types = events.map(({ type }) => type).filter((type) => type !== 'progress')
    expect(types).toEqual(['start', 'validation', 'epoch', 'validation', 'epoch', 'stop'])
    expect(events[0]).toEqual({
      type: 'start',
      epoch: 0,
      step: 0,
      epochs: 2,
      steps: null,
      samples: count,
      compiled: expect.any(Boolean),
      threads: 1,
      resumedFrom: null,
      skipped: []
    })
    expect(of(events, 'epoch').map(({ epoch, step, lr }) => [epoch, step, lr])).toEqual([
      [1, 3, 0.05],
      [2, 6, 0.05]
    ])
    expect(events.at(-1)).toMatchObject({ type: 'stop', reason: 'epochs', epoch: 2, step: 6 })
  })

  test('agree with the result', async () => {
    const made = run({ epochs: 3, validation: [held, goals] })
    const epochs = of(await eventsOf(made), 'epoch')
    const { history, best, losses } = await made
    expect(history.loss).toEqual(epochs.map(({ loss }) => loss))
    expect(history.validationLoss).toEqual(epochs.map(({ validationLoss }) => validationLoss))
    expect(history.epoch).toEqual([1, 2, 3])
    expect(best).toEqual({
      epoch: best!.epoch,
      value: Math.min(...history.validationLoss),
      monitor: 'validationLoss'
    })
    const mean = (losses[0]! * 8 + losses[1]! * 8 + losses[2]! * 6) / 22
    expect(history.loss[0]).toBeCloseTo(mean, 12)
  })

  test('progress comes now and then, with the samples a second', async () => {
    const made = run({ epochs: 1e9, stopWhen: { seconds: 0.35 } })
    const progress = of(await eventsOf(made), 'progress')
    expect(progress.length).toBeGreaterThan(0)
    expect(progress.length).toBeLessThanOrEqual(5)
    for (const event of progress) {
      expect(event.samplesPerSecond).toBeGreaterThan(0)
      expect(Number.isFinite(event.loss)).toBe(true)
    }
  })

  test('for two readers, one of whom leaves', async () => {
    const made = run({ epochs: 5 })
    const leaves = (async () => {
      for await (const event of made) if (event.type === 'epoch') return event.epoch
    })()
    const events = await eventsOf(made)
    expect([await leaves, of(events, 'epoch').length]).toEqual([1, 5])
    expect(await eventsOf(made)).toEqual([])
  })

  test('an error ends the iteration and rejects the run', async () => {
    const loss = () => {
      throw new Error('no loss today')
    }
    const made = run({ epochs: 1, loss })
    await expect(eventsOf(made)).rejects.toThrow('no loss today')
    await expect(made).rejects.toThrow('no loss today')
    await expect(made.catch(() => 'caught')).resolves.toBe('caught')
    await expect(run({ epochs: 1, loss: (output) => output })).rejects.toThrow(
      /loss: expected a Tensor of one element as its result/
    )
  })

  test('loggers are given all of them, and waited for; what they throw is the run’s error', async () => {
    const log: string[] = []
    const logger = {
      async log(event: TrainEvent) {
        await sleep(1)
        log.push(event.type)
      },
      close: () => void log.push('closed')
    }
    await run({ epochs: 2, loggers: [logger], progress: { log: () => undefined } })
    expect(log.filter((type) => type !== 'progress')).toEqual([
      'start',
      'epoch',
      'epoch',
      'stop',
      'closed'
    ])
    const full = { log: () => Promise.reject(new Error('disk full')) }
    await expect(run({ epochs: 2, loggers: [logger, full] })).rejects.toThrow(
      'loggers[1]: disk full'
    )
    expect(log.at(-1)).toBe('closed')
  })
})

describe('validation', () => {
  test('in eval mode without autograd, and every module is in its own mode afterwards', async () => {
    const model = network()
    const frozen = (model[2] as nn.Module).eval()
    const seen: unknown[] = []
    const metric = (output: TensorTree) => {
      seen.push(model.training, frozen.training, isGradEnabled(), (output as Tensor).requiresGrad)
      return 0
    }
    await run({ epochs: 1, validation: [held, goals], metrics: { metric } }, model)
    // 10 samples in batches of 8.
    expect(seen).toEqual([false, false, false, false, false, false, false, false])
    expect([model.training, frozen.training, isGradEnabled()]).toEqual([true, false, true])
  })

  test('its loss and metrics are means over the samples', async () => {
    const model = network()
    const result = await run(
      { epochs: 2, validation: { data: [held, goals], batchSize: 3 }, metrics: ['mae', 'mse'] },
      model
    )
    expect(result.history.validationLoss[1]).toBeCloseTo(measured(model), 5)
    expect(result.history.metrics.mse).toEqual(
      result.history.validationLoss.map((loss) => expect.closeTo(loss, 5))
    )
    model.eval()
    const mae = (model(held) as Tensor).sub(goals).abs().mean().item()
    expect(result.history.metrics.mae![1]).toBeCloseTo(mae, 5)
  })

  test('every so many epochs; without data of its own metrics are measured on the training data', async () => {
    const { history } = await run({
      epochs: 4,
      validation: { data: [held, goals], everyEpochs: 2 },
      metrics: ['mse']
    })
    expect(history.validationLoss.map(Number.isNaN)).toEqual([true, false, true, false])
    expect(history.metrics.mse!.map(Number.isNaN)).toEqual([true, false, true, false])
    const plain = network()
    const own = await run({ epochs: 2, metrics: ['mse'], shuffle: true }, plain)
    const other = network()
    await run({ epochs: 2, shuffle: true }, other)
    // Measuring draws nothing that training would.
    expect(bits(plain)).toEqual(bits(other))
    plain.eval()
    expect(own.history.metrics.mse![1]).toBeCloseTo((criterion(plain(x), y) as Tensor).item(), 5)
    expect(own.history.validationLoss.every(Number.isNaN)).toBe(true)
  })

  test('accuracy of classes, and of logits', async () => {
    manualSeed(1)
    const labels = y.squeeze(1).greater(0)
    const classes = new nn.Linear(3, 2)
    const made = await run(
      {
        data: [x, labels.to('int64')],
        loss: new nn.CrossEntropyLoss(),
        metrics: ['accuracy'],
        epochs: 30,
        monitor: 'accuracy'
      },
      classes,
      0.5
    )
    const right = (classes(x) as Tensor)
      .argmax(1)
      .eq(labels.to('int64'))
      .to('float32')
      .mean()
      .item()
    expect(made.history.metrics.accuracy!.at(-1)).toBeCloseTo(right, 6)
    expect(made.best).toMatchObject({
      monitor: 'accuracy',
      value: Math.max(...made.history.metrics.accuracy!)
    })
    const one = new nn.Linear(3, 1)
    const binary = await run(
      {
        data: [x, labels.to('float32').unsqueeze(1)],
        loss: new nn.BCEWithLogitsLoss(),
        metrics: ['binaryAccuracy'],
        epochs: 30
      },
      one,
      0.5
    )
    const hits = (one(x) as Tensor).gt(0).squeeze(1).eq(labels).to('float32').mean().item()
    expect(binary.history.metrics.binaryAccuracy!.at(-1)).toBeCloseTo(hits, 6)
  })

  test('a plateau of what is monitored lowers the learning rate', async () => {
    const model = network()
    const optimizer = new optim.SGD(model.parameters(), { lr: 1e-12 })
    const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, {
      patience: 1,
      factor: 0.5,
      eps: 0
    })
    const result = await run({ epochs: 6, optimizer, scheduler, validation: [held, goals] }, model)
    expect(result.history.lr.map((lr) => lr / 1e-12)).toEqual([1, 1, 1, 0.5, 0.5, 0.25])
  })
})

describe('beside other work', () => {
  test('the event loop turns: timers fire while a run that is not recorded goes on', async () => {
    const made = run({ epochs: 1e9, compile: false })
    let fired = 0
    const timer = setInterval(() => fired++, 1)
    await sleep(100)
    const during = fired
    await made.stop()
    clearInterval(timer)
    expect(during).toBeGreaterThan(2)
    expect((await made).notCompiled).toBe('compile is false')
  })

  test('pause and resume', async () => {
    const model = network()
    const made = run({ epochs: 40 }, model)
    const steps: number[] = []
    for await (const event of made) {
      if (event.type === 'epoch' && event.epoch === 10) {
        made.pause()
        made.pause()
      }
      if (event.type === 'pause') {
        const before = bits(model)
        await sleep(20)
        expect(bits(model)).toEqual(before)
        made.resume()
      }
      if (event.type === 'pause' || event.type === 'resume') steps.push(event.step)
    }
    expect(steps).toHaveLength(2)
    expect(steps[0]).toBe(steps[1])
    const other = network()
    await run({ epochs: 40 }, other)
    expect(bits(model)).toEqual(bits(other))
  })

  test('stop ends a pause', async () => {
    const made = run({ epochs: 1e9 })
    made.pause()
    await sleep(5)
    expect((await made.stop()).stoppedBy).toBe('stop')
  })

  test('two runs at once learn what each would alone', async () => {
    const line = (seed: number) => {
      manualSeed(seed)
      return new nn.Linear(3, 1)
    }
    const [one, two] = [line(1), line(2)]
    const both = await Promise.all([run({ epochs: 20 }, one), run({ epochs: 30 }, two)])
    expect(both.map(({ epochs }) => epochs)).toEqual([20, 30])
    const [alone, other] = [line(1), line(2)]
    await run({ epochs: 20 }, alone)
    await run({ epochs: 30 }, other)
    expect([bits(one), bits(two)]).toEqual([bits(alone), bits(other)])
  })
})

test('a model that is being trained is refused to another run', async () => {
  const model = network()
  const first = run({ epochs: 3 }, model)
  expect(() => run({ epochs: 3 }, model)).toThrow(
    /model: expected one that no other run is training/
  )
  await first
  await expect(
    run(
      {
        epochs: 1,
        loss: () => {
          throw new Error('once')
        }
      },
      model
    )
  ).rejects.toThrow('once')
  expect(await run({ epochs: 1 }, model)).toMatchObject({ epochs: 1 })
})

describe('threads', () => {
  test('a number, while the run lasts', async () => {
    const seen: number[] = []
    const loss = (output: Tensor, target: Tensor) => {
      seen.push(getNumThreads())
      return criterion(output, target) as Tensor
    }
    const result = await run({ epochs: 1, loss, threads: 2 })
    expect([seen, result.threads, getNumThreads()]).toEqual([[2, 2, 2], 2, 1])
  })

  test('auto measures and puts back what it changed, compiled or not', async () => {
    for (const compile of [null, fakeCompile().compile, fakeCompile({ when: 'after' }).compile]) {
      const model = network()
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
      const options: TrainOptions = {
        data: [x, y],
        loss: criterion,
        optimizer,
        seed: 1,
        epochs: 2,
        shuffle: true,
        batchSize: 8
      }
      const result = await withCompile(compile, async () =>
        train(model, { ...options, threads: 'auto' })
      )
      expect(result.threadTimings!.map(({ threads }) => threads)).toEqual(candidates())
      expect(result.threads).toBe(fastest(result.threadTimings!))
      const other = network()
      const own = new optim.Adam(other.parameters(), { lr: 0.01 })
      await train(other, { ...options, optimizer: own })
      if (result.threads === 1) expect(bits(model)).toEqual(bits(other))
    }
    expect(getNumThreads()).toBe(1)
  })

  test('the fewest that are as fast', () => {
    expect(candidates(6)).toEqual([1, 2, 4, 6])
    expect(candidates(1)).toEqual([1])
    const timings = (...seconds: number[]) =>
      seconds.map((s, i) => ({ threads: i + 1, seconds: s }))
    expect(fastest(timings(1, 3.4))).toBe(1)
    expect(fastest(timings(1, 0.99))).toBe(1)
    expect(fastest(timings(1, 0.6, 0.4))).toBe(3)
  })
})

test('precision: forward and loss run in autocast, the parameters stay', async () => {
  const seen: string[] = []
  const loss = (output: Tensor, target: Tensor) => {
    seen.push(output.dtype)
    return criterion(output, target) as Tensor
  }
  const model = network()
  const result = await run({ epochs: 30, precision: 'bfloat16', loss }, model)
  expect(new Set(seen)).toEqual(new Set(['bfloat16']))
  expect(model.parameters().every(({ dtype }) => dtype === 'float32')).toBe(true)
  expect(result.losses.at(-1)).toBeLessThan(result.losses[0]!)
})

test('float16 has a GradScaler, whose steps with infinite gradients are left out', async () => {
  const model = network()
  const start = () => run({ epochs: 30, precision: 'float16' }, model)
  if (/^(1|2\.[0-2])\./.test(version.libtorch)) {
    expect(start).toThrow(/precision: expected 'bfloat16' on the CPU before libtorch 2.3/)
    return
  }
  const result = await start()
  expect(result.losses.at(-1)).toBeLessThan(result.losses[0]!)
  expect(result).toMatchObject({
    stoppedBy: 'epochs',
    notCompiled: expect.stringMatching(/GradScaler/)
  })
})

test('a model in eval mode is put into training mode; parts that are not trained stay', async () => {
  const model = network().eval()
  await run({ epochs: 1 }, model)
  expect((model[2] as nn.Module).training).toBe(true)
  const own = tensor([[1]], { requiresGrad: true })
  expect(() => run({ epochs: 1, optimizer: new optim.SGD([own], { lr: 1 }) })).toThrow(
    /optimizer: expected an optimizer of some of the model's parameters/
  )
})
