import { setTimeout as sleep } from 'node:timers/promises'

import { beforeAll, describe, expect, jest, test } from '@jest/globals'
import {
  getNumThreads,
  manualSeed,
  nn,
  optim,
  setNumThreads,
  type Tensor,
  tensor,
  type TrainOptions,
  train,
  version
} from 'node-libtorch'

import { native } from '../lib/native'
import { candidates, fastest } from '../lib/train/threads'
import { bits, criterion, network, run, unrecordable, x, y } from './fixtures/train_network'

beforeAll(() => setNumThreads(1))

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

test.each([
  ['', false],
  [', under a schedule by steps', true]
])(
  'a parameter is refused while the thread works on it, and there when the run is halted%s',
  async (_, isScheduled) => {
    const model = network()
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
    const cosine = new optim.lrScheduler.CosineAnnealingLR(optimizer, 1000)
    const made = run(
      {
        data: [x.repeat(500, 1), y.repeat(500, 1)],
        epochs: 1e9,
        optimizer,
        ...(isScheduled && { scheduler: { scheduler: cosine, interval: 'step' } })
      },
      model
    )
    const read = () => model.parameters().map((parameter) => parameter.sum().item())
    let code: unknown
    for (let i = 0; i < 500 && code === undefined; i++) {
      await sleep(1)
      try {
        read()
      } catch (error) {
        code = (error as { code?: unknown }).code
      }
    }
    if (code === undefined) await made.stop()
    expect(code).toBe('ERR_TORCH_BUSY')
    made.pause()
    for await (const { type } of made) if (type === 'pause') break
    expect(read().every(Number.isFinite)).toBe(true)
    await made.stop()
  }
)

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
    expect([new Set(seen), result.threads, getNumThreads()]).toEqual([new Set([2]), 2, 1])
  })

  test('is that of the native thread, too; of two runs at once each has its own', async () => {
    // Until no thread is left of the runs before.
    await sleep(200)
    const createRunner = jest.spyOn(native, 'createRunner')
    try {
      const both = [run({ epochs: 20, threads: 2 }), run({ epochs: 30, threads: 3 })]
      const results = await Promise.all(both)
      expect(results.map(({ threads, compiled }) => [threads, compiled])).toEqual([
        [2, true],
        [3, true]
      ])
      expect(new Set(createRunner.mock.calls.map(([threads]) => threads))).toEqual(new Set([2, 3]))
      expect(getNumThreads()).toBe(1)
    } finally {
      createRunner.mockRestore()
    }
  })

  test('auto measures and puts back what it changed, compiled or not', async () => {
    for (const [loss, compile] of [
      [criterion, false],
      [criterion, true],
      [unrecordable, true]
    ] as const) {
      const model = network()
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
      const options: TrainOptions = {
        data: [x, y],
        loss,
        compile,
        optimizer,
        seed: 1,
        epochs: 2,
        shuffle: true,
        batchSize: 8
      }
      const result = await train(model, { ...options, threads: 'auto' })
      expect(result.compiled).toBe(compile && loss === criterion)
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
