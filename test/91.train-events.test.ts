import { setTimeout as sleep } from 'node:timers/promises'

import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  isGradEnabled,
  manualSeed,
  nn,
  noGrad,
  optim,
  setNumThreads,
  type Tensor,
  type TensorTree,
  type TrainEvent
} from 'node-libtorch'

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
