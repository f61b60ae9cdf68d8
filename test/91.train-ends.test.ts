import { beforeAll, describe, expect, test } from '@jest/globals'
import { nn, setNumThreads, tensor, type TrainOptions } from 'node-libtorch'

import { bits, criterion, eventsOf, network, run, x, y } from './fixtures/train_network'

beforeAll(() => setNumThreads(1))

describe('what ends a run', () => {
  test('steps', async () => {
    const result = await run({ steps: 7 })
    expect(result).toMatchObject({ steps: 7, epochs: 2, stoppedBy: 'steps' })
    expect(result.losses).toHaveLength(7)
    const both = await run({ steps: 6, epochs: 9 })
    expect(both).toMatchObject({ steps: 6, epochs: 2, stoppedBy: 'steps' })
  })

  test('the loss', async () => {
    const { history, stoppedBy } = await run({ epochs: 500, stopWhen: { loss: 0.5 } })
    expect(stoppedBy).toBe('loss')
    expect(history.loss.at(-1)).toBeLessThanOrEqual(0.5)
    expect(history.loss.slice(0, -1).every((loss) => loss > 0.5)).toBe(true)
  })

  test('the norm of the gradient', async () => {
    const line = new nn.Linear(3, 1)
    const { stoppedBy, epochs } = await run(
      { epochs: 2000, batchSize: 'full', stopWhen: { gradNorm: 0.01 } },
      line,
      0.1
    )
    expect(stoppedBy).toBe('gradNorm')
    const norm = Math.hypot(...line.parameters().map((p) => p.grad!.norm().item()))
    expect(norm).toBeLessThanOrEqual(0.01)
    expect(epochs).toBeLessThan(2000)
  })

  test('patience; the best weights come back', async () => {
    const model = network()
    const losses: number[] = []
    // A rate at which the validation loss goes up and down.
    const made = run(
      {
        epochs: 100,
        validation: [x, y],
        restoreBest: true,
        stopWhen: { patience: 3, minDelta: 0.01 }
      },
      model,
      0.5
    )
    for await (const event of made) {
      if (event.type === 'epoch') losses.push(event.validationLoss as number)
    }
    const { best, stoppedBy, epochs, history } = await made
    expect(stoppedBy).toBe('patience')
    expect(epochs).toBe(best!.epoch + 3)
    expect(losses[best!.epoch - 1]).toBe(best!.value)
    expect(best!.monitor).toBe('validationLoss')
    expect(history.validationLoss).toEqual(losses)
    model.eval()
    expect((criterion(model(x), y) as ReturnType<typeof tensor>).item()).toBeCloseTo(best!.value, 5)
  })

  test('seconds', async () => {
    const result = await run({ epochs: 1e9, stopWhen: { seconds: 0.05 } })
    expect(result.stoppedBy).toBe('seconds')
    expect(result.seconds).toBeGreaterThan(0.04)
  })

  test('an AbortSignal, also one that is aborted already', async () => {
    const controller = new AbortController()
    const made = run({ epochs: 1e9, signal: controller.signal })
    for await (const event of made) {
      if (event.type === 'epoch' && event.epoch === 3) controller.abort()
    }
    const result = await made
    expect(result.stoppedBy).toBe('signal')
    expect(result.epochs).toBeGreaterThanOrEqual(3)
    const none = await run({ epochs: 3, signal: AbortSignal.abort() })
    expect(none).toMatchObject({ steps: 0, epochs: 0, stoppedBy: 'signal', best: null })
  })

  test('stop(), which gives the result', async () => {
    const made = run({ epochs: 1e9 })
    setTimeout(() => made.stop(), 20)
    expect((await made).stoppedBy).toBe('stop')
    expect(await made.stop()).toBe(await made)
  })

  test('stop() in the middle of an epoch of many steps, compiled or not', async () => {
    const data = [x.repeat(2000, 1), y.repeat(2000, 1)] as const
    for (const compile of [false, true]) {
      const made = run({ epochs: 1, data, batchSize: 1, compile })
      setTimeout(() => made.stop(), 10)
      const result = await made
      expect(result).toMatchObject({ stoppedBy: 'stop', epochs: 0 })
      expect(result.steps).toBeGreaterThan(0)
      expect(result.steps).toBeLessThan(44000)
      expect(result.losses).toHaveLength(result.steps)
    }
  })
})

/** Targets of which one is NaN, in the fourth batch of each epoch. */
const poisoned = y.clone()
poisoned.indexPut_([19], Number.NaN)
const small: Partial<TrainOptions> = { data: [x, poisoned], batchSize: 6 }

/** Parameters after so many steps on sound data. */
async function afterSteps(steps: number, batchSize = 6) {
  const model = network()
  await run({ data: [x, y], batchSize, steps }, model)
  return bits(model)
}

describe('NaN', () => {
  const stream = (size: number) => () =>
    Array.from({ length: Math.ceil(22 / size) }, (_, i) => {
      const length = Math.min(size, 22 - i * size)
      return [x.narrow(0, i * size, length), poisoned.narrow(0, i * size, length)] as const
    })

  test.each([
    ['tensors, eager', false, small],
    ['tensors, compiled', true, small],
    ['a stream, eager', false, { data: stream(6), batchSize: undefined }]
  ])('stop: the parameters are those before the step: %s', async (_, compile, options) => {
    const model = network()
    const made = run({ ...options, epochs: 3, compile }, model)
    const events = await eventsOf(made)
    const nan = events.filter(({ type }) => type === 'nan')
    expect(await made).toMatchObject({ stoppedBy: 'nan', steps: 3, epochs: 0, compiled: compile })
    expect(nan).toEqual([{ type: 'nan', epoch: 1, step: 4, action: 'stop', backTo: null }])
    expect(bits(model)).toEqual(await afterSteps(3))
  })

  test('stop, in a compiled stream: back to at most 32 steps before', async () => {
    const model = network()
    const result = await run({ data: stream(2), batchSize: undefined, epochs: 3 }, model)
    // The loss of step 10 is NaN. Copies were made before the first two, which might be recorded.
    expect(result).toMatchObject({ stoppedBy: 'nan', steps: 1 })
    expect(result.losses).toHaveLength(1)
    expect(bits(model)).toEqual(await afterSteps(1, 2))
  })

  test('stop, compiled, where the step before has spoilt the parameters', async () => {
    // The loss is 0, its gradient infinite: that of the square root at 0.
    const model = new nn.Linear(1, 1, { bias: false })
    const data = [tensor([[1], [1], [0], [1]]), tensor([[0], [0], [0], [0]])] as const
    const loss = (output: typeof x) => output.abs().sqrt().sum()
    const result = await run({ data, loss, batchSize: 1, epochs: 1 }, model)
    expect(result).toMatchObject({ stoppedBy: 'nan', steps: 2, compiled: true })
    expect(Number.isFinite(model.weight.item())).toBe(true)
  })

  test.each([
    ['eager', false, 10],
    ['compiled, many epochs at once', true, 10],
    ['more slowly', true, 4]
  ])('gradient descent that diverges: %s', async (_, compile, lr) => {
    const line = () => new nn.Linear(3, 1, { bias: false })
    const model = line()
    nn.init.ones_(model.weight)
    const options: Partial<TrainOptions> = { batchSize: 'full', epochs: 1e6 }
    const result = await run({ ...options, compile }, model, lr)
    expect(result.stoppedBy).toBe('nan')
    expect(result.epochs).toBe(result.steps)
    expect(result.losses.every(Number.isFinite)).toBe(true)
    const wanted = line()
    nn.init.ones_(wanted.weight)
    await run({ ...options, epochs: result.steps, compile: false }, wanted, lr)
    expect(bits(model)).toEqual(bits(wanted))
  })

  test('skip: the update is left out', async () => {
    const model = network()
    const made = run({ ...small, epochs: 2, onNaN: 'skip' }, model)
    const events = await eventsOf(made)
    const result = await made
    expect(result).toMatchObject({ stoppedBy: 'epochs', steps: 8, skipped: 2, epochs: 2 })
    expect(events.filter(({ type }) => type === 'nan').map(({ step }) => step)).toEqual([4, 8])
    expect([...result.losses].map(Number.isNaN)).toEqual([0, 0, 0, 1, 0, 0, 0, 1].map(Boolean))
    expect(result.history.loss.every(Number.isFinite)).toBe(true)
    expect(result.notCompiled).toMatch(/onNaN 'skip'/)
    expect(JSON.stringify(bits(model))).not.toMatch(/0000c07f/)
  })

  test('skip: a gradient that is infinite where the loss is not', async () => {
    const model = new nn.Linear(1, 1, { bias: false })
    const data = [tensor([[1], [0], [1]]), tensor([[0], [0], [0]])] as const
    const loss = (output: typeof x) => output.abs().sqrt().sum()
    const result = await run({ data, loss, batchSize: 1, epochs: 1, onNaN: 'skip' }, model, 0.01)
    expect(result).toMatchObject({ skipped: 1, steps: 3 })
    expect(Number.isFinite(model.weight.item())).toBe(true)
  })

  test.each([
    ['eager', false],
    ['compiled', true]
  ])('rollback: %s', async (_, compile) => {
    const model = network()
    const made = run({ ...small, epochs: 2, onNaN: 'rollback', compile }, model)
    const events = await eventsOf(made)
    expect(events.flatMap((e) => (e.type === 'nan' ? [e.backTo] : []))).toEqual([0, 4])
    const result = await made
    expect(result.compiled).toBe(compile)
    expect(result).toMatchObject({ stoppedBy: 'epochs', rollbacks: 2, steps: 8 })
    expect(JSON.stringify(bits(model))).not.toMatch(/0000c07f/)
  })

  test('rollback gives up where it comes again and again', async () => {
    const data = [x, y.mul(Number.NaN)] as const
    const result = await run({ data, batchSize: 1, epochs: 5, onNaN: 'rollback' })
    expect(result).toMatchObject({ stoppedBy: 'nan', rollbacks: 11 })
  })
})
