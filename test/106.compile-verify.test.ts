// compile(fn, { verify: n }) finds what a replay does otherwise, and leaves one step's state; so does
// explain(), which leaves none.
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import {
  compile,
  type CompileOptions,
  Generator,
  getRngState,
  manualSeed,
  nn,
  optim,
  randn,
  setNumThreads,
  type Tensor,
  tensor,
  zeros
} from 'node-libtorch'

import { passes } from '../lib/compile/passes'
import type { Step } from '../lib/compile/step'
import { begin, loop, stateOf, type Trained, trials } from './fixtures/compiled_steps/runs'

beforeAll(() => setNumThreads(1))

const all = Object.entries(trials)

describe('verified steps leave the state of one step', () => {
  test.each(all)('%s', (_, make) => {
    for (const verify of [1, 3]) {
      const wanted = begin(make)
      const found = begin(make)
      const step = compile(found.step, { verify })
      manualSeed(8)
      const losses = Array.from({ length: 12 }, () => wanted.step(...wanted.data).item())
      const random = getRngState()
      manualSeed(8)
      expect(Array.from({ length: 12 }, () => step(...found.data).item())).toEqual(losses)
      expect(stateOf(found, getRngState())).toEqual(stateOf(wanted, random))
    }
  })

  test.each(all)('in a run: %s', async (_, make) => {
    for (const verify of [1, 4, 100]) {
      const wanted = begin(make)
      const losses = loop(wanted, { batchSize: 5, shuffle: true }, 30)
      const random = getRngState()
      const found = begin(make)
      const result = await compile(found.step, { verify }).run(found.data, {
        batchSize: 5,
        shuffle: true,
        epochs: 30
      })
      expect([...result.losses]).toEqual(losses)
      expect(stateOf(found, getRngState())).toEqual(stateOf(wanted, random))
    }
  })

  test('every n-th of calls and steps of runs together', async () => {
    const { step: fn, data } = begin(trials['SGD'] as () => Trained)
    let made = 0
    const counted = (...args: Tensor[]) => {
      made++
      return fn(...args)
    }
    const step = compile(counted, { verify: 10 })
    for (let i = 0; i < 5; i++) step(...data)
    const recorded = made
    await step.run(data, { steps: 4 })
    expect(made).toBe(recorded)
    step(...data)
    expect(made).toBe(recorded + 1)
    await step.run(data, { steps: 100 })
    expect(made).toBe(recorded + 11)
  })
})

describe('what changes without compile() knowing', () => {
  const failing = (
    fn: (i: number, x: Tensor) => Tensor,
    options: CompileOptions = { verify: 3 }
  ) => {
    let i = 0
    const step = compile((x: Tensor) => fn(i++, x), options)
    const x = randn([4])
    let error: (Error & { code?: string }) | null = null
    for (let call = 0; call < 6 && !error; call++) {
      try {
        step(x)
      } catch (reason) {
        error = reason as Error
      }
    }
    expect(error?.name).toBe('VerifyError')
    expect(error?.code).toBe('ERR_TORCH_VERIFY')
    return error?.message
  }

  test('a number', () => {
    expect(failing((i, x) => x.add(1).clamp(2 + i))).toMatch(
      /argument 1 of operator 1, aten::clamp, was 2 when the step was recorded and is 3 now.*argument of the step/
    )
    // libtorch takes this one as a tensor.
    expect(failing((i, x) => x.add(1).mul(2 + i))).toMatch(
      /argument 1 of operator 1, aten::mul, was 2 when the step was recorded and is 3 now/
    )
  })

  test('a choice', () => {
    expect(failing((i, x) => (i === 0 ? x.sin() : x.cos()))).toMatch(
      /operator 0 was aten::sin when the step was recorded and is aten::cos now/
    )
    expect(failing((i, x) => (i === 0 ? x.sin() : x.sin().cos()))).toMatch(
      /operator 1 was none .* is aten::cos now/
    )
  })

  test('a dimension, an overload', () => {
    expect(failing((i, x) => x.reshape([2, 2]).sum(Math.min(i, 1)))).toMatch(
      /aten::sum, was .* and is .* now/
    )
  })

  test('a tensor from outside', () => {
    const tensors = [tensor([1, 2, 3, 4]), tensor([5, 6, 7, 8])]
    expect(failing((i, x) => x.add(tensors[Math.min(i, 1)] as Tensor))).toMatch(
      /argument 1 of operator 0, aten::add, was another tensor when the step was recorded/
    )
  })
})

describe('a replay that goes wrong', () => {
  const { constantFills } = passes
  afterEach(() => {
    passes.constantFills = constantFills
  })

  /** Has a pass break the first call of `operator`. */
  function breaking(operator: string, change: (call: Step['calls'][number]) => void): void {
    passes.constantFills = (step) => {
      constantFills(step)
      const call = step.calls.find((each) => each.operator === `aten::${operator}`)
      if (!call) throw new Error(`no ${operator} in ${step.calls.map((each) => each.operator)}`)
      change(call)
    }
  }

  test.each(all)('is found, and what was there is put back: %s', (name, make) => {
    breaking(name === 'embedding' ? '_log_softmax' : 'tanh', (call) => {
      call.operator = name === 'embedding' ? 'aten::_softmax' : 'aten::sin'
    })
    if (name === 'a schedule in the step') {
      breaking('mse_loss', (call) => {
        call.operator = 'aten::smooth_l1_loss'
        call.arguments.push({ literal: 1, isInt: false })
      })
    }
    const wanted = begin(make)
    const found = begin(make)
    const step = compile(found.step, { verify: 1 })
    manualSeed(8)
    // Steps before the first comparison are recorded: eager ones.
    let error: Error | null = null
    let made = 0
    try {
      for (; made < 9; made++) step(...found.data)
    } catch (reason) {
      error = reason as Error
    }
    expect(error?.message).toMatch(
      /has other bits than after an eager step; the first operator that differs is number \d+, aten::/
    )
    expect(error?.message).toMatch(
      name === 'embedding'
        ? /_log_softmax/
        : name === 'a schedule in the step'
          ? /mse_loss/
          : /tanh/
    )
    expect(made).toBeGreaterThan(0)
    const random = getRngState()
    manualSeed(8)
    for (let i = 0; i < made; i++) wanted.step(...wanted.data)
    expect(stateOf(found, random)).toEqual(stateOf(wanted, getRngState()))
  })

  test('in a run, which it rejects', async () => {
    breaking('tanh', (call) => {
      call.operator = 'aten::sin'
    })
    const { step: fn, data } = begin(trials['Adam'] as () => Trained)
    const step = compile(fn, { verify: 50 })
    await expect(step.run(data, { steps: 200 })).rejects.toMatchObject({ code: 'ERR_TORCH_VERIFY' })
  })
})

describe('explain', () => {
  test.each(all)('leaves everything as it was: %s', async (_, make) => {
    const found = begin(make)
    const step = compile(found.step)
    for (let i = 0; i < 4; i++) {
      step(...found.data)
      const before = stateOf(found, getRngState())
      const gradients = found.model.parameters().map((parameter) => parameter.grad)
      // Where the first step makes the optimizer's state, the second one is recorded.
      expect(step.explain()).toMatch(i === 0 ? /recorded/ : /operators recorded/)
      expect(stateOf(found, getRngState())).toEqual(before)
      const now = found.model.parameters().map((parameter) => parameter.grad)
      expect(now.every((grad, j) => grad === gradients[j])).toBe(true)
    }
    await step.run(found.data, { steps: 20 })
    const before = stateOf(found, getRngState())
    step.explain()
    expect(stateOf(found, getRngState())).toEqual(before)
    const wanted = begin(make)
    manualSeed(11)
    for (let i = 0; i < 30; i++) wanted.step(...wanted.data)
    const last = begin(make)
    const explained = compile(last.step)
    manualSeed(11)
    for (let i = 0; i < 30; i++) {
      explained(...last.data)
      explained.explain()
    }
    expect(stateOf(last)).toEqual(stateOf(wanted))
  })

  test('lists the operators with their times', () => {
    const { step: fn, data } = begin(trials['Adam'] as () => Trained)
    const step = compile(fn)
    expect(step.explain()).toBe('not recorded yet: call the step first')
    for (let i = 0; i < 3; i++) step(...data)
    const [title, ...lines] = step.explain().split('\n')
    expect(title).toMatch(/^\d+ operators recorded, \d+ replayed, \d+ run once; \d+ bytes planned$/)
    const replayed = Number(/(\d+) replayed/.exec(title as string)?.[1])
    expect(lines.filter((line) => /^ +\d+\.\d\d us {2}.*\(.*\)$/.test(line)).length).toBe(replayed)
  })

  test('why a step runs eagerly', () => {
    const step = compile((x: Tensor) => x.mul(x.sum().item() as number), { fallback: true })
    step(randn([3]))
    expect(step.explain()).toMatch(/^runs eagerly: compile: .*item/)
  })

  test('steps with gradients that come together, and frozen layers', () => {
    const model = new nn.Sequential(new nn.Linear(3, 3), new nn.Linear(3, 1))
    for (const parameter of model.parameters().slice(0, 2)) parameter.requiresGrad_(false)
    const optimizer = new optim.SGD(model.parameters().slice(2), { lr: 0.1 })
    const step = compile((x: Tensor) => {
      const loss = model(x).pow(2).sum()
      loss.backward()
      return loss
    })
    const x = randn([5, 3])
    for (let i = 0; i < 4; i++) step(x)
    const trained = { model, optimizer, data: [x], step: step as never }
    const before = stateOf(trained)
    step.explain()
    expect(stateOf(trained)).toEqual(before)
  })
})

test('a generator of the user stands where one step leaves it', () => {
  const draws = (
    wrap: (fn: (x: Tensor) => Tensor) => (x: Tensor) => Tensor,
    between: () => void
  ) => {
    const generator = new Generator().manualSeed(5)
    const step = wrap((x) => x.bernoulli(0.5, { generator }).add(randn([4], { generator })))
    return Array.from({ length: 6 }, () => {
      between()
      return Array.from(step(zeros([4])).toTypedArray())
    })
  }
  const eager = draws(
    (fn) => fn,
    () => undefined
  )
  expect(
    draws(
      (fn) => compile(fn, { verify: 1 }),
      () => undefined
    )
  ).toEqual(eager)
  let explained = ''
  let explain = () => ''
  const found = draws(
    (fn) => {
      const step = compile(fn)
      explain = () => step.explain()
      return step
    },
    () => {
      explained = explain()
    }
  )
  expect(found).toEqual(eager)
  expect(explained).toMatch(/ us /)
})
