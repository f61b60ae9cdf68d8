import { describe, expect, test } from '@jest/globals'
import {
  type amp,
  cuda,
  GradScaler,
  ones,
  optim,
  scope,
  type Tensor,
  tensor,
  zeros
} from 'node-libtorch'

import { scaler as fiftySteps } from './parity/autocast'

const cpu = { device: 'cpu' } as const

function setUp(options: amp.GradScalerOptions = {}) {
  const weight = ones(2, { requiresGrad: true })
  const optimizer = new optim.SGD([weight], { lr: 0.5 })
  const scaler = new GradScaler({ ...cpu, initScale: 8, growthInterval: 3, ...options })
  const backward = (factor = 1) => {
    optimizer.zeroGrad()
    scaler.scale(weight.mul(tensor([1, factor])).sum()).backward()
  }
  const iterate = (factor?: number) => {
    backward(factor)
    scaler.step(optimizer)
    scaler.update()
    return scaler.getScale()
  }
  return { weight, optimizer, scaler, backward, iterate }
}

const inf = Number.POSITIVE_INFINITY

describe('the scale', () => {
  test('doubles after the interval and halves after inf or NaN, which starts the interval anew', () => {
    const { iterate } = setUp()
    const factors = [1, 1, 1, 1, 1, inf, 1, 1, Number.NaN, 1, 1, 1]
    expect(factors.map(iterate)).toEqual([8, 8, 16, 16, 16, 8, 8, 8, 4, 4, 4, 8])
  })

  test('over 50 steps with inf, NaN and other factors', () => {
    const { steps, state } = fiftySteps()
    let [scale, count] = [1024, 0]
    const wanted = Array.from({ length: 50 }, (_, step) => {
      const [growth, backoff] = step < 40 ? [2, 0.5] : [4, 0.25]
      if ([3, 17, 18, 31].includes(step)) [scale, count] = [scale * backoff, 0]
      else if (++count === 6) [scale, count] = [scale * growth, 0]
      return scale
    })
    expect(steps.map(([scale]) => scale)).toEqual(wanted)
    expect(state).toEqual({
      scale,
      growth_factor: 4,
      backoff_factor: 0.25,
      growth_interval: 6,
      _growth_tracker: count
    })
    // Steps with inf leave the parameters alone, all others change them.
    const changed = steps.map(([, weight], i) => i > 0 && weight !== steps[i - 1]![1])
    expect(changed.flatMap((is, i) => (is ? [] : [i]))).toEqual([0, 3, 17, 18, 31])
  })

  test('does not grow to infinity', () => {
    const { iterate } = setUp({ initScale: 2 ** 127, growthInterval: 1 })
    expect(iterate(0)).toBe(2 ** 127)
  })

  test('can be set', () => {
    const { iterate, backward, scaler, optimizer } = setUp()
    iterate()
    backward()
    scaler.step(optimizer)
    scaler.update(3)
    expect(scaler.getScale()).toBe(3)
    scaler.update(tensor([5]))
    expect(scaler.getScale()).toBe(5)
    scaler.setGrowthFactor(3)
    scaler.setBackoffFactor(0.1)
    scaler.setGrowthInterval(2)
    expect([
      scaler.getGrowthFactor(),
      scaler.getBackoffFactor(),
      scaler.getGrowthInterval()
    ]).toEqual([3, 0.1, 2])
    expect(iterate()).toBe(15)
  })
})

describe('gradients and steps', () => {
  test('are those without a scale', () => {
    const { weight, optimizer, scaler, backward } = setUp()
    backward(3)
    expect(weight.grad!.tolist()).toEqual([8, 24])
    scaler.unscale_(optimizer)
    expect(weight.grad!.tolist()).toEqual([1, 3])
    scaler.step(optimizer)
    expect(weight.tolist()).toEqual([0.5, -0.5])
  })

  test('a step with inf is skipped; what step returns', () => {
    const { weight, optimizer, scaler, backward } = setUp()
    let steps = 0
    const counting = { paramGroups: optimizer.paramGroups, step: () => ++steps }
    backward()
    expect(scaler.step(counting)).toBe(1)
    scaler.update()
    backward(inf)
    expect(scaler.step(counting)).toBe(undefined)
    expect([steps, weight.tolist()]).toEqual([1, [1, 1]])
  })

  test('two optimizers: the one without inf makes its step', () => {
    const [a, b] = [ones(1, { requiresGrad: true }), ones(1, { requiresGrad: true })]
    const [first, second] = [a, b].map((weight) => new optim.SGD([weight], { lr: 1 })) as [
      optim.SGD,
      optim.SGD
    ]
    const scaler = new GradScaler({ ...cpu, initScale: 4 })
    scaler.scale(a.mul(inf).add(b)).sum().backward()
    scaler.step(first)
    scaler.step(second)
    scaler.update()
    expect([a.item(), b.item(), scaler.getScale()]).toEqual([1, 0, 2])
  })

  test('several outputs, and dtypes of gradients', () => {
    const scaler = new GradScaler({ ...cpu, initScale: 4 })
    const weights = (['float32', 'float64', 'bfloat16'] as const).map((dtype) =>
      ones(2, { dtype, requiresGrad: true })
    )
    const [first, [second, third]] = scaler.scale([weights[0]!, [weights[1]!, weights[2]!]]) as [
      Tensor,
      [Tensor, Tensor]
    ]
    expect([first.dtype, second.dtype, third.dtype]).toEqual(['float32', 'float64', 'bfloat16'])
    first.sum().add(second.sum()).add(third.sum()).backward()
    const optimizer = new optim.SGD(weights, { lr: 1 })
    scaler.unscale_(optimizer)
    expect(weights.map(({ grad }) => grad!.tolist())).toEqual([
      [1, 1],
      [1, 1],
      [1, 1]
    ])
  })

  test('in a scope for each step', () => {
    const { iterate } = setUp()
    const scales = [1, inf, 1, 1, 1].map((factor) => scope(() => iterate(factor)))
    expect(scales).toEqual([8, 4, 4, 4, 8])
  })

  test('not enabled, everything passes', () => {
    const { weight, optimizer, scaler, backward } = setUp({ enabled: false })
    backward(inf)
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    expect(weight.tolist()).toEqual([0.5, -inf])
    expect([scaler.isEnabled(), scaler.getScale(), scaler.stateDict()]).toEqual([false, 1, {}])
    scaler.loadStateDict({})
  })
})

describe('state', () => {
  test('goes on in another scaler, before and after its first use', () => {
    const one = setUp()
    for (const factor of [1, 1, 1, inf, 1, 1]) one.iterate(factor)
    const state = one.scaler.stateDict()
    expect(state).toEqual({
      scale: 8,
      growth_factor: 2,
      backoff_factor: 0.5,
      growth_interval: 3,
      _growth_tracker: 2
    })
    const unused = setUp({ initScale: 1 })
    const used = setUp({ initScale: 1 })
    used.iterate(inf)
    for (const other of [unused, used]) {
      other.scaler.loadStateDict(state)
      expect(other.scaler.stateDict()).toEqual(state)
      expect([other.iterate(), other.iterate()]).toEqual([16, 16])
    }
  })
})

describe('wrong order', () => {
  test.each([
    [
      'unscale_ before scale',
      ({ scaler, optimizer }) => scaler.unscale_(optimizer),
      /unscale_: expected a scaled loss/
    ],
    [
      'step before scale',
      ({ scaler, optimizer }) => scaler.step(optimizer),
      /step: expected a scaled loss/
    ],
    ['update before scale', ({ scaler }) => scaler.update(), /update: expected a scaled loss/],
    [
      'unscale_ twice',
      ({ scaler, optimizer, backward }) => {
        backward()
        scaler.unscale_(optimizer)
        scaler.unscale_(optimizer)
      },
      /unscale_: expected one call.*after unscale_\(\)/
    ],
    [
      'unscale_ after step',
      ({ scaler, optimizer, backward }) => {
        backward()
        scaler.step(optimizer)
        scaler.unscale_(optimizer)
      },
      /unscale_: expected one call.*after step\(\)/
    ],
    [
      'two steps',
      ({ scaler, optimizer, backward }) => {
        backward()
        scaler.step(optimizer)
        scaler.step(optimizer)
      },
      /step: expected an update\(\) between two steps/
    ],
    [
      'update without a step',
      ({ scaler, backward }) => {
        backward()
        scaler.update()
      },
      /update: expected gradients that were looked at/
    ],
    [
      'step without gradients',
      ({ scaler, optimizer }) => {
        scaler.scale(zeros(1))
        scaler.step(optimizer)
      },
      /step: expected gradients, got none/
    ],
    [
      'float16 gradients',
      ({ scaler }) => {
        const half = ones(1, { dtype: 'float16', requiresGrad: true })
        scaler.scale(half.sum()).backward()
        scaler.unscale_(new optim.SGD([half], { lr: 1 }))
      },
      /got float16; keep the parameters in float32/
    ]
  ] as [string, (given: ReturnType<typeof setUp>) => void, RegExp][])('%s', (_, run, message) => {
    expect(() => run(setUp())).toThrow(message)
  })

  test('CUDA that is not there', () => {
    if (cuda.isAvailable()) expect(new GradScaler().isEnabled()).toBe(true)
    else expect(() => new GradScaler()).toThrow(/cuda|CUDA/)
    expect(new GradScaler({ enabled: false }).isEnabled()).toBe(false)
  })
})
