// step.run(): the bits of a loop over a DataLoader, aborts, errors in the middle.
import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  arange,
  cat,
  compile,
  Generator,
  getRngState,
  manualSeed,
  nn,
  optim,
  type RunOptions,
  randn,
  setNumThreads,
  type Tensor,
  tensor
} from 'node-libtorch'

import {
  abortAfter,
  begin,
  compiled,
  eagerStep,
  loop,
  type regression,
  run,
  type StepFunction,
  stateOf,
  trials
} from './fixtures/compiled_steps/runs'

beforeAll(() => setNumThreads(1))

const _forward = (model: nn.Module, x: Tensor) => (model as unknown as (x: Tensor) => Tensor)(x)
const adam = trials['Adam'] as () => ReturnType<typeof regression>

describe('as a loop over a DataLoader', () => {
  const settings: [string, RunOptions & { shuffle?: boolean }, number][] = [
    ['batches, the last one smaller', { batchSize: 5, epochs: 30 }, 30],
    ['batches of the same size', { batchSize: 5, epochs: 30, dropLast: true }, 30],
    ['all samples', { batchSize: 'full', epochs: 60 }, 60],
    ['more a batch than there are', { batchSize: 100, epochs: 7 }, 7],
    ['shuffled', { batchSize: 5, epochs: 30, shuffle: true }, 30],
    ['shuffled, without the last', { batchSize: 4, epochs: 20, shuffle: true, dropLast: true }, 20],
    ['one by one', { batchSize: 1, epochs: 3, shuffle: true }, 3]
  ]
  const rows = Object.keys(trials).flatMap((name) =>
    settings.map(([title, options, passes]) => [name, title, options, passes] as const)
  )
  // Batch norm refuses single samples.
  const fitting = rows.filter(([name, , { batchSize }]) => name !== 'batch norm' || batchSize !== 1)

  test.each(fitting)('%s: %s', async (name, _, options, passes) => {
    const { batchSize, shuffle = false, dropLast = false } = options
    const wanted = begin(trials[name] as typeof adam)
    const size = batchSize === 'full' ? 22 : (batchSize as number)
    const losses = loop(wanted, { batchSize: Math.min(size, 22), shuffle, dropLast }, passes)
    const state = stateOf(wanted, getRngState())

    const found = begin(trials[name] as typeof adam)
    const result = await run(found, options)
    expect([...result.losses]).toEqual(losses)
    expect(stateOf(found, getRngState())).toEqual(state)
    expect(result).toMatchObject({ steps: losses.length, epochs: passes, aborted: false })
    expect(result.seconds).toBeGreaterThan(0)
  })

  test('a generator of its own', async () => {
    const wanted = begin(adam)
    const generator = new Generator().manualSeed(3)
    const losses = loop(wanted, { batchSize: 5, shuffle: true, generator }, 12)
    const found = begin(adam)
    const own = new Generator().manualSeed(3)
    const result = await run(found, { batchSize: 5, shuffle: true, generator: own, epochs: 12 })
    expect([...result.losses]).toEqual(losses)
    expect(stateOf(found)).toEqual(stateOf(wanted))
    expect(own.getState().equal(generator.getState())).toBe(true)
  })

  test('an order, for steps beyond one pass, with a sample twice', async () => {
    const order = tensor([3, 1, 4, 1, 5, 9, 2, 6], { dtype: 'int64' })
    const wanted = begin(adam)
    const at = (from: number, to: number) =>
      wanted.data.map((each) => each.indexSelect(0, order.slice(0, from, to)))
    const losses: number[] = []
    while (losses.length < 50) {
      const from = (losses.length % 3) * 3
      losses.push(wanted.step(...at(from, Math.min(from + 3, 8))).item() as number)
    }
    const found = begin(adam)
    const result = await run(found, { batchSize: 3, order, steps: 50 })
    expect([...result.losses]).toEqual(losses)
    expect(stateOf(found)).toEqual(stateOf(wanted))
    expect(result.epochs).toBe(16)
  })

  test('steps that end in mid-pass, none, and one pass where nothing is said', async () => {
    for (const [options, steps] of [
      [{ steps: 8 }, 8],
      [{ steps: 0 }, 0],
      [{ epochs: 0 }, 0],
      [{}, 5]
    ] as const) {
      const wanted = begin(adam)
      const losses = loop(wanted, { batchSize: 5 }, steps === 0 ? 0 : 9, steps)
      const found = begin(adam)
      const result = await run(found, { batchSize: 5, ...options })
      expect([...result.losses]).toEqual(losses)
      const { gradients: _, ...state } = stateOf(found)
      expect(state).toMatchObject({ parameters: stateOf(wanted).parameters })
    }
  })

  test('runs, calls and loops in turn', async () => {
    const wanted = begin(adam)
    const found = begin(adam)
    const step = compiled(found)
    const [x, y] = found.data as [Tensor, Tensor]
    for (const batchSize of [5, 22, 7]) {
      const losses = loop(wanted, { batchSize }, 9)
      expect([...(await step.run(found.data, { batchSize, epochs: 9 })).losses]).toEqual(losses)
      wanted.step(...wanted.data)
      step(x, y)
      // What looks at gradients in between has them to itself.
      expect(stateOf(found)).toEqual(stateOf(wanted))
      wanted.step(...wanted.data)
      found.step(x, y)
    }
    expect(stateOf(found)).toEqual(stateOf(wanted))
  })

  test('results that are no number have no loss', async () => {
    const step = compile((x: Tensor) => x.mul(2))
    const { losses } = await step.run([randn([6, 2])], { batchSize: 2, epochs: 3 })
    expect([...losses]).toEqual(new Array(9).fill(Number.NaN))
  })

  test('the first of several results', async () => {
    const step = compile((x: Tensor) => [x.sum(), x.mul(2)])
    const data = arange(6).float()
    const { losses } = await step.run([data], { batchSize: 2, epochs: 2 })
    expect([...losses]).toEqual([1, 5, 9, 1, 5, 9])
  })

  test('more threads an operator', async () => {
    const found = begin(adam)
    const { steps } = await run(found, { batchSize: 5, epochs: 40, threads: 2 })
    expect(steps).toBe(200)
  })
})

describe('abort', () => {
  const options: RunOptions = { batchSize: 5, steps: 2_000_000 }

  test.each([...Object.keys(trials)])('%s: the steps reported were made', async (name) => {
    for (const wait of [1, 30]) {
      const make = trials[name] as typeof adam
      const found = begin(make)
      const result = await abortAfter(compiled(found), found.data, options, wait)
      expect(result.aborted).toBe(true)
      expect(result.losses.length).toBe(result.steps)
      const wanted = begin(make)
      const losses = loop(wanted, { batchSize: 5 }, Number.POSITIVE_INFINITY, result.steps)
      expect([...result.losses]).toEqual(losses)
      expect(stateOf(found)).toEqual(stateOf(wanted))
    }
  })

  test('shuffled: the generator is where the loop has it', async () => {
    for (const wait of [0, 7, 40]) {
      const found = begin(adam)
      const result = await abortAfter(
        compiled(found),
        found.data,
        { ...options, shuffle: true },
        wait
      )
      const random = getRngState()
      const wanted = begin(adam)
      loop(wanted, { batchSize: 5, shuffle: true }, Number.POSITIVE_INFINITY, result.steps)
      expect(stateOf(found, random)).toEqual(stateOf(wanted, getRngState()))
    }
  })

  test('before it begins: nothing is done', async () => {
    const found = begin(adam)
    const before = stateOf(found, getRngState())
    const signal = AbortSignal.abort()
    const result = await run(found, { epochs: 3, shuffle: true, signal })
    expect(result).toMatchObject({ steps: 0, epochs: 0, aborted: true })
    expect(stateOf(found, getRngState())).toEqual(before)
  })

  test('goes on with another run', async () => {
    const found = begin(adam)
    const step = compiled(found)
    const { steps } = await abortAfter(step, found.data, { steps: 1e6 }, 15)
    await step.run(found.data, { steps: 10 })
    const wanted = begin(adam)
    for (let i = 0; i < steps + 10; i++) wanted.step(...wanted.data)
    expect(stateOf(found)).toEqual(stateOf(wanted))
  })
})

describe('onStep', () => {
  test('tells true values, now and then', async () => {
    const found = begin(adam)
    const told: { step: number; epoch: number; loss: number; seconds: number }[] = []
    const controller = new AbortController()
    const { losses, steps } = await run(found, {
      batchSize: 5,
      steps: 2_000_000,
      signal: controller.signal,
      onStep: (progress) => {
        told.push(progress)
        if (told.length === 3) controller.abort()
      }
    })
    expect(told.at(-1)?.step).toBe(steps)
    for (const [i, { step, epoch, loss, seconds }] of told.entries()) {
      expect(loss).toBe(losses[step - 1])
      expect(epoch).toBe(Math.ceil(step / 5))
      expect(step).toBeGreaterThan(told[i - 1]?.step ?? 0)
      expect(seconds).toBeGreaterThan(told[i - 1]?.seconds ?? 0)
    }
    expect(told.length).toBeLessThan(6)
  })

  test.each(['in mid-run', 'at the end'])('what it throws %s rejects the run', async (when) => {
    const found = begin(adam)
    const step = compiled(found)
    const steps = when === 'at the end' ? 20 : 2_000_000
    let calls = 0
    const onStep = () => {
      calls++
      throw new RangeError('from onStep')
    }
    await expect(step.run(found.data, { steps, onStep })).rejects.toThrow(/^from onStep$/)
    expect(calls).toBe(1)
    // All free, and sound: Adam's counter says how many steps were made.
    const made = stepsOf(found)
    const wanted = begin(adam)
    for (let i = 0; i < made; i++) wanted.step(...wanted.data)
    expect(stateOf(found)).toEqual(stateOf(wanted))
    expect((await step.run(found.data, { steps: 3 })).steps).toBe(3)
  })
})

/** What the optimizer's counter says. */
function stepsOf({ optimizer }: ReturnType<typeof adam>): number {
  const { state } = optimizer.stateDict() as { state: Record<string, { step: Tensor | number }> }
  return Number(state['0']?.step)
}

describe('errors in the middle', () => {
  function trial(data: Tensor) {
    const model = new nn.Sequential(new nn.Embedding(5, 3), new nn.Linear(3, 1))
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
    const step = (x: Tensor) => {
      optimizer.zeroGrad()
      const loss = model(x).pow(2).mean()
      loss.backward()
      optimizer.step()
      return loss
    }
    return { step: step as StepFunction, data: [data], model, optimizer }
  }

  test.each([0, 1, 2, 70, 300])('of an operator at step %i', async (at) => {
    const rows = new Array(400).fill(2)
    rows[at] = 7
    const data = tensor(rows, { dtype: 'int64' })
    const wanted = begin(() => trial(data))
    const thrown = (() => {
      try {
        loop(wanted, { batchSize: 1 }, 1)
      } catch (error) {
        return error
      }
      return null
    })() as Error & { code: string }
    expect(thrown.message).toMatch(/index out of range in self/)
    const found = begin(() => trial(data))
    const step = compiled(found)
    const error = await step.run(found.data, { batchSize: 1 }).catch((reason) => reason)
    expect(error.message).toMatch(/index out of range in self/)
    expect(error.name).toBe(thrown.name)
    expect(error.code).toBe(thrown.code)
    const { gradients: _, ...state } = stateOf(wanted)
    expect(stateOf(found)).toMatchObject(state)
    // And it goes on.
    const good = [tensor([1, 2, 3], { dtype: 'int64' })]
    await step.run(good, { batchSize: 1, epochs: 2 })
    loop({ ...wanted, data: good }, { batchSize: 1 }, 2)
    expect(stateOf(found)).toEqual(stateOf(wanted))
  })

  test('of what the step does in JavaScript, at its own step', async () => {
    const make = () => {
      const model = new nn.Linear(4, 2)
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      const schedule = new optim.lrScheduler.LambdaLR(optimizer, (i) => {
        if (i === 123) throw new Error('enough')
        return 1 / (1 + i)
      })
      const step = (x: Tensor) => {
        optimizer.zeroGrad()
        const loss = model(x).pow(2).mean()
        loss.backward()
        optimizer.step()
        schedule.step()
        return loss
      }
      return { step: step as StepFunction, data: [randn([9, 4])], model, optimizer }
    }
    const found = begin(make)
    let last = 0
    const onStep = ({ step }: { step: number }) => (last = step)
    await expect(run(found, { steps: 400, onStep })).rejects.toThrow('enough')
    expect(last).toBeLessThan(123)
    const wanted = begin(make)
    for (let i = 0; i < 122; i++) wanted.step(...wanted.data)
    expect(stateOf(found).parameters).toBe(stateOf(wanted).parameters)
  })
})

describe('steps that cannot be recorded', () => {
  test('are refused without fallback, and nothing stays busy', async () => {
    const { fn, data, model } = eagerStep()
    const step = compile(fn)
    await expect(step.run(data, { steps: 5 })).rejects.toMatchObject({ code: 'ERR_TORCH_COMPILE' })
    expect(model(data[0] as Tensor).shape).toEqual([8, 1])
  })

  test('run eagerly with it, and let the event loop turn', async () => {
    manualSeed(1)
    const { fn, data, losses } = eagerStep()
    const step = compile(fn, { fallback: true })
    let turns = 0
    let isOver = false
    const count = () => {
      turns++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const found = await step.run(data, { batchSize: 3, epochs: 300, shuffle: true })
    isOver = true
    expect(found.steps).toBe(900)
    expect([...found.losses]).toEqual(losses)
    expect(turns).toBeGreaterThan(5)
    expect(step.refusal?.message).toMatch(/item/)
  })

  test('are aborted between two steps', async () => {
    const { fn, data, losses } = eagerStep()
    const step = compile(fn, { fallback: true })
    const found = await abortAfter(step as never, data, { steps: 1e8 }, 20)
    expect(found).toMatchObject({ aborted: true, steps: losses.length })
  })
})

test('a run inside of a step that is being recorded', () => {
  const inner = compile((x: Tensor) => x.mul(2))
  const step = compile((x: Tensor) => {
    inner.run([x]).catch(() => undefined)
    return x.add(1)
  })
  expect(() => step(randn([2]))).toThrow(/step\.run\(\)/)
})

test('data whose values are the same, several times', async () => {
  const step = compile((x: Tensor, y: Tensor) => x.mul(y).sum())
  const x = cat([randn([4, 2]), randn([4, 2])])
  const wanted = [0, 1, 2, 3].map((i) =>
    x
      .slice(0, 2 * i, 2 * i + 2)
      .pow(2)
      .sum()
      .item()
  )
  const { losses } = await step.run([x, x], { batchSize: 2, epochs: 2 })
  expect(losses.length).toBe(8)
  for (const [i, loss] of losses.entries()) expect(loss).toBeCloseTo(wanted[i % 4] as number, 5)
})
