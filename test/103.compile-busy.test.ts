// What others may do with a model that step.run() trains: nothing; with another one: all.
import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  compile,
  getRngState,
  nn,
  type RunOptions,
  setNumThreads,
  type Tensor
} from 'node-libtorch'

import {
  begin,
  compiled,
  type regression,
  run,
  stateOf,
  trials,
  eagerStep
} from './fixtures/compiled_steps/runs'
import { bitsOf } from './fixtures/compiled_steps/trial'

beforeAll(() => setNumThreads(1))

const forward = (model: nn.Module, x: Tensor) => (model as unknown as (x: Tensor) => Tensor)(x)
const adam = trials['Adam'] as () => ReturnType<typeof regression>

describe('busy', () => {
  const busy = { code: 'ERR_TORCH_BUSY' }
  const codeOf = (fn: () => unknown) => {
    try {
      fn()
    } catch (error) {
      return (error as { code?: string }).code
    }
    return 'none'
  }

  /** A run that goes on until `end` is called. */
  function going(make = adam, options: RunOptions = {}) {
    const trained = begin(make)
    const step = compiled(trained)
    for (let i = 0; i < 3; i++) step(...trained.data)
    const controller = new AbortController()
    const promise = step.run(trained.data, { steps: 1e8, signal: controller.signal, ...options })
    const end = async () => {
      controller.abort()
      return promise
    }
    return { trained, step, end, promise }
  }

  const uses: [string, (trained: ReturnType<typeof adam>) => unknown][] = [
    ['a parameter', ({ model }) => model.parameters()[0]!.add(1)],
    ['a change of it', ({ model }) => model.parameters()[0]!.detach().zero_()],
    ['its gradient', ({ model }) => model.parameters()[0]!.grad],
    ['its values', ({ model }) => model.parameters()[0]!.tolist()],
    ['a forward', ({ model, data }) => forward(model, data[0] as Tensor)],
    ['a step', ({ step, data }) => step(...data)],
    ["the optimizer's", ({ optimizer }) => optimizer.step()],
    ['zeroGrad', ({ optimizer }) => optimizer.zeroGrad()],
    ["the model's", ({ model }) => model.zeroGrad()],
    ["the optimizer's state", ({ optimizer }) => bitsOf(optimizer.stateDict())],
    ['to', ({ model }) => model.to('float64')],
    ['reading its state', ({ model }) => model.stateDict()['0.weight']!.sum()],
    ['clipping', ({ model }) => nn.utils.clipGradNorm(model.parameters(), 1)]
  ]

  test.each(uses)('%s', async (_, use) => {
    const { trained, end } = going()
    // At once, and at any time of the run.
    expect(codeOf(() => use(trained))).toBe('ERR_TORCH_BUSY')
    for (let i = 0; i < 200; i++) {
      await new Promise((resolve) => setImmediate(resolve))
      expect(codeOf(() => use(trained))).toBe('ERR_TORCH_BUSY')
    }
    const { steps } = await end()
    const wanted = begin(adam)
    for (let i = 0; i < steps + 3; i++) wanted.step(...wanted.data)
    expect(stateOf(trained)).toEqual(stateOf(wanted))
    expect(codeOf(() => use(trained))).toBe('none')
  })

  test('buffers, and what a view or a graph reaches', async () => {
    const make = trials['batch norm'] as typeof adam
    const trained = begin(make)
    const [weight] = trained.model.parameters() as [Tensor]
    const view = weight.detach().slice(0, 0, 1)
    const loss = forward(trained.model, trained.data[0] as Tensor).sum()
    const step = compiled(trained)
    const controller = new AbortController()
    const promise = step.run(trained.data, { steps: 1e8, signal: controller.signal })
    await new Promise((resolve) => setTimeout(resolve, 5))
    const buffer = trained.model.buffers()[0] as Tensor
    for (const [i, use] of [
      () => buffer.sum(),
      () => view.zero_(),
      () => loss.backward(),
      () => weight.shape,
      () => step.explain(),
      () => step(...trained.data)
    ].entries()) {
      expect([i, codeOf(use)]).toEqual([i, 'ERR_TORCH_BUSY'])
    }
    controller.abort()
    await promise
    expect(codeOf(() => [buffer.sum(), view.mul(1), step.explain(), step(...trained.data)])).toBe(
      'none'
    )
  })

  test('another step and another run over the same model', async () => {
    const { trained, step, end } = going()
    const other = compiled(trained)
    expect(codeOf(() => other(...trained.data))).toBe('ERR_TORCH_BUSY')
    const random = getRngState()
    await expect(other.run(trained.data, { shuffle: true, epochs: 2 })).rejects.toMatchObject(busy)
    await expect(step.run(trained.data)).rejects.toMatchObject(busy)
    const { steps } = await end()
    expect(getRngState().equal(random)).toBe(true)
    const wanted = begin(adam)
    for (let i = 0; i < steps + 3; i++) wanted.step(...wanted.data)
    expect(stateOf(trained)).toEqual(stateOf(wanted))
    expect((await step.run(trained.data)).steps).toBe(1)
    expect((await other.run(trained.data)).steps).toBe(1)
  })

  test('from the first step of the first run on', async () => {
    const trained = begin(adam)
    const first = compiled(trained)
    const second = compiled(trained)
    const running = first.run(trained.data, { batchSize: 5, epochs: 100 })
    await expect(second.run(trained.data)).rejects.toMatchObject(busy)
    await expect(first.run(trained.data)).rejects.toMatchObject(busy)
    expect((await running).steps).toBe(500)
    expect((await second.run(trained.data)).steps).toBe(1)
  })

  test('in onStep, too, and at the end', async () => {
    const trained = begin(adam)
    const codes: string[] = []
    const onStep = () => codes.push(codeOf(() => trained.model.parameters()[0]!.sum()) as string)
    await run(trained, { steps: 30, onStep })
    expect(codes).toEqual(['ERR_TORCH_BUSY'])
    expect(codeOf(() => trained.model.parameters()[0]!.sum())).toBe('none')
  })

  test('another model works freely', async () => {
    const { end } = going()
    const other = begin(adam)
    const step = compiled(other)
    for (let i = 0; i < 20; i++) {
      step(...other.data)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await end()
    const wanted = begin(adam)
    for (let i = 0; i < 20; i++) wanted.step(...wanted.data)
    expect(stateOf(other)).toEqual(stateOf(wanted))
  })

  test('runs over different models at once have the bits of one after the other', async () => {
    const names = ['SGD', 'momentum', 'Adam', 'RMSprop', 'a schedule in the step', 'embedding']
    const wanted: unknown[] = []
    for (const name of names) {
      const one = begin(trials[name] as typeof adam)
      const { losses } = await run(one, { batchSize: 5, epochs: 200 })
      wanted.push([[...losses], stateOf(one)])
    }
    const all = names.map((name) => begin(trials[name] as typeof adam))
    const results = await Promise.all(all.map((one) => run(one, { batchSize: 5, epochs: 200 })))
    expect(
      results.map(({ losses }, i) => [[...losses], stateOf(all[i] as (typeof all)[0])])
    ).toEqual(wanted)
  })

  test('a step that runs eagerly: one run at a time', async () => {
    const { fn, data } = eagerStep()
    const step = compile(fn, { fallback: true })
    const first = step.run(data, { steps: 200 })
    await expect(step.run(data)).rejects.toMatchObject(busy)
    expect((await first).steps).toBe(200)
    expect((await step.run(data)).steps).toBe(1)
  })
})
