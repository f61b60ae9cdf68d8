import { describe, expect, test } from '@jest/globals'
import { nn, optim, tensor, zeros } from 'node-libtorch'

const { lrScheduler } = optim
const error = (name: string) => expect.objectContaining({ name })
const leaf = () => zeros(2, { requiresGrad: true })

/** SGD of two groups. */
function sgd(momentum = 0.9): optim.SGD {
  return new optim.SGD([{ params: [leaf()] }, { params: [leaf()], lr: 0.5 }], { lr: 1, momentum })
}

const rates = ({ paramGroups }: optim.SGD) => paramGroups.map(({ lr }) => lr)

describe('a schedule', () => {
  test('changes what the optimizer does', () => {
    const parameter = leaf()
    const optimizer = new optim.SGD([parameter], { lr: 1 })
    const scheduler = new lrScheduler.StepLR(optimizer, 1, { gamma: 0.5 })
    for (let epoch = 0; epoch < 3; epoch++) {
      parameter.grad = tensor([1, 2])
      optimizer.step()
      scheduler.step()
    }
    expect(parameter.tolist()).toEqual([-1.75, -3.5])
    expect([scheduler.lastEpoch, scheduler.getLastLr(), scheduler.baseLrs]).toEqual([
      3,
      [0.125],
      [1]
    ])
  })

  test('starts when it is made', () => {
    const optimizer = sgd()
    const scheduler = new lrScheduler.ConstantLR(optimizer, { factor: 0.25 })
    expect([scheduler.lastEpoch, rates(optimizer)]).toEqual([0, [0.25, 0.125]])
    expect(scheduler.optimizer).toBe(optimizer)
  })

  test('starts from the lr before any schedule', () => {
    const optimizer = sgd()
    new lrScheduler.ConstantLR(optimizer, { factor: 0.25 })
    expect(new lrScheduler.LambdaLR(optimizer, () => 1).baseLrs).toEqual([1, 0.5])
    expect(rates(optimizer)).toEqual([1, 0.5])
  })

  test('goes from what the user sets meanwhile, where its formula is recursive', () => {
    const optimizer = sgd()
    const scheduler = new lrScheduler.ExponentialLR(optimizer, 0.5)
    optimizer.paramGroups[0]!.lr = 10
    scheduler.step()
    expect(rates(optimizer)).toEqual([5, 0.25])
  })

  test('can be of one’s own', () => {
    class Halving extends lrScheduler.LRScheduler {
      constructor(optimizer: optim.SGD) {
        super(optimizer)
        this.start()
      }
      override getLr(): number[] {
        return this.baseLrs.map((lr) => lr / 2 ** this.lastEpoch)
      }
    }
    const optimizer = sgd()
    const scheduler = new Halving(optimizer)
    scheduler.step()
    scheduler.step()
    expect(rates(optimizer)).toEqual([0.25, 0.125])
    expect(scheduler.stateDict()).toEqual({
      base_lrs: [1, 0.5],
      last_epoch: 2,
      _step_count: 3,
      _last_lr: [0.25, 0.125]
    })
    class Empty extends Halving {
      override getLr = lrScheduler.LRScheduler.prototype['getLr']
    }
    expect(() => new Empty(sgd()).step()).toThrow(/Empty: getLr is not defined/)
  })

  test('works over groups added later only where it need not know their first lr', () => {
    const optimizer = sgd()
    const steps = new lrScheduler.StepLR(optimizer, 1)
    const lambda = new lrScheduler.LambdaLR(optimizer, () => 0.5)
    optimizer.addParamGroup({ params: [leaf()], lr: 3 })
    steps.step()
    expect(rates(optimizer)[2]).toBeCloseTo(0.3, 12)
    expect(() => lambda.step()).toThrow(/LambdaLR: expected an optimizer of 2 groups, got number 3/)
    expect(lambda.lastEpoch).toBe(0)
  })

  test('that gives no lr changes nothing', () => {
    const optimizer = sgd()
    let second = 1
    const scheduler = new lrScheduler.LambdaLR(optimizer, [() => 0.5, () => second])
    second = Number.NaN
    const wanted = /LambdaLR: lr of group 1: expected a finite number >= 0, got number NaN/
    expect(() => scheduler.step()).toThrow(wanted)
    expect([rates(optimizer), scheduler.lastEpoch]).toEqual([[0.5, 0.5], 0])
    second = 0.25
    scheduler.step()
    expect([rates(optimizer), scheduler.lastEpoch]).toEqual([[0.5, 0.125], 1])
    expect(scheduler.stateDict()['_step_count']).toBe(2)
  })

  test('that a function throws out of passes the error on', () => {
    const scheduler = new lrScheduler.MultiplicativeLR(sgd(), (epoch) => {
      throw new RangeError(`no epoch ${epoch}`)
    })
    expect(() => scheduler.step()).toThrow(/^no epoch 1$/)
    expect(scheduler.lastEpoch).toBe(0)
  })
})

describe('an lr below zero', () => {
  test('of rounding is 0', () => {
    const optimizer = sgd()
    const scheduler = new lrScheduler.LinearLR(optimizer, { endFactor: 0, totalIters: 7 })
    for (let epoch = 0; epoch < 10; epoch++) scheduler.step()
    for (const lr of rates(optimizer)) {
      expect(lr).toBeGreaterThanOrEqual(0)
      expect(lr).toBeLessThan(1e-15)
    }
  })

  test('of the step past the end is 0; more steps are refused', () => {
    const optimizer = sgd()
    const options = { totalSteps: 20, annealStrategy: 'linear' } as const
    const scheduler = new lrScheduler.OneCycleLR(optimizer, 2, options)
    for (let step = 0; step < 20; step++) scheduler.step()
    expect(rates(optimizer)).toEqual([0, 0])
    expect(() => scheduler.step()).toThrow(error('RangeError'))
    expect(() => scheduler.step()).toThrow(/step: expected at most 20 steps.*got number 21/)
    expect(scheduler.lastEpoch).toBe(20)
  })
})

test('a 1cycle goes on only where one began', () => {
  const optimizer = sgd()
  new lrScheduler.StepLR(optimizer, 1)
  const options = { totalSteps: 20, lastEpoch: 10 }
  expect(() => new lrScheduler.OneCycleLR(optimizer, 2, options)).toThrow(
    /maxLr: expected a number, which a OneCycleLR without lastEpoch leaves.*load the optimizer's/
  )
  new lrScheduler.OneCycleLR(optimizer, 2, { totalSteps: 20 })
  expect(new lrScheduler.OneCycleLR(optimizer, 2, options).lastEpoch).toBe(11)
})

describe('momentum', () => {
  const momenta = ({ paramGroups }: optim.SGD) => paramGroups.map(({ momentum }) => momentum)

  test('is highest where the lr is lowest', () => {
    const optimizer = sgd()
    const scheduler = new lrScheduler.CyclicLR(optimizer, 0.25, 1.25, {
      stepSizeUp: 2,
      baseMomentum: 0.5,
      maxMomentum: [0.75, 1]
    })
    const seen = [[rates(optimizer), momenta(optimizer)]]
    for (let step = 0; step < 3; step++) {
      scheduler.step()
      seen.push([rates(optimizer), momenta(optimizer)])
    }
    expect(seen).toEqual([
      [
        [0.25, 0.25],
        [0.75, 1]
      ],
      [
        [0.75, 0.75],
        [0.625, 0.75]
      ],
      [
        [1.25, 1.25],
        [0.5, 0.5]
      ],
      [
        [0.75, 0.75],
        [0.625, 0.75]
      ]
    ])
  })

  test('stays with cycleMomentum: false', () => {
    const optimizer = sgd(0.3)
    const scheduler = new lrScheduler.OneCycleLR(optimizer, 1, {
      totalSteps: 10,
      cycleMomentum: false
    })
    scheduler.step()
    expect(momenta(optimizer)).toEqual([0.3, 0.3])
    expect(scheduler.stateDict()).not.toHaveProperty('use_beta1')
  })

  test('is the first beta of optimizers that have these; others are refused', () => {
    const group = { lr: 1, betas: [0.5, 0.999] as const }
    new lrScheduler.OneCycleLR({ paramGroups: [group] }, 1, { totalSteps: 10 })
    expect(group.betas).toEqual([0.95, 0.999])
    const without = { paramGroups: [{ lr: 1 }] }
    expect(() => new lrScheduler.CyclicLR(without, 0.1, 1)).toThrow(
      /optimizer: expected one with momentum or betas.*pass \{ cycleMomentum: false \}/
    )
    new lrScheduler.CyclicLR(without, 0.1, 1, { cycleMomentum: false })
  })
})

describe('ReduceLROnPlateau', () => {
  const make = (options: optim.lrScheduler.ReduceLROnPlateauOptions) => {
    const optimizer = sgd()
    return { optimizer, scheduler: new lrScheduler.ReduceLROnPlateau(optimizer, options) }
  }

  test('waits, lowers, rests and stops at the least lr', () => {
    const { optimizer, scheduler } = make({
      factor: 0.5,
      patience: 1,
      cooldown: 1,
      minLr: [0.4, 0.3]
    })
    const seen = [3, 3, 3, 3, 3, 3, 3, 3].map((metric) => {
      scheduler.step(metric)
      return [...rates(optimizer), scheduler.inCooldown]
    })
    expect(seen).toEqual([
      [1, 0.5, false],
      [1, 0.5, false],
      [0.5, 0.3, true],
      [0.5, 0.3, false],
      [0.5, 0.3, false],
      [0.4, 0.3, true],
      [0.4, 0.3, false],
      [0.4, 0.3, false]
    ])
    expect(scheduler.best).toBe(3)
  })

  test('takes a loss as a tensor', () => {
    const { scheduler } = make({ patience: 0 })
    scheduler.step(new nn.MSELoss()(tensor([1, 2]), tensor([0, 0])))
    expect(scheduler.best).toBe(2.5)
    scheduler.step(tensor([2n]))
    expect(scheduler.best).toBe(2)
    expect(() => scheduler.step(tensor([1, 2]))).toThrow(
      /metrics: expected a number or a Tensor of/
    )
    expect(() => scheduler.step()).toThrow(error('TypeError'))
    expect(scheduler.lastEpoch).toBe(2)
  })

  test('has a state that JSON holds, before the first metric too', () => {
    const { scheduler } = make({ mode: 'max', patience: 0 })
    const state = JSON.parse(JSON.stringify(scheduler.stateDict()))
    expect(state.best).toBeNull()
    scheduler.step(3)
    scheduler.loadStateDict(state)
    expect([scheduler.best, scheduler.lastEpoch]).toEqual([Number.NEGATIVE_INFINITY, 0])
    scheduler.step(-5)
    expect(scheduler.best).toBe(-5)
  })

  test('with one least lr for all takes groups added later', () => {
    const { optimizer, scheduler } = make({ patience: 0, minLr: 0.25 })
    const each = make({ patience: 0, minLr: [0, 0] })
    for (const made of [optimizer, each.optimizer]) made.addParamGroup({ params: [leaf()], lr: 2 })
    for (const metric of [1, 1]) scheduler.step(metric)
    expect(rates(optimizer)).toEqual([0.25, 0.25, 0.25])
    each.scheduler.step(1)
    expect(() => each.scheduler.step(1)).toThrow(/minLr: expected 3 numbers, one for each group/)
  })
})

describe('schedulers of schedulers', () => {
  test('one after the other', () => {
    const optimizer = sgd()
    const first = new lrScheduler.ConstantLR(optimizer, { factor: 0.5, totalIters: 9 })
    const second = new lrScheduler.ExponentialLR(optimizer, 0.5)
    const scheduler = new lrScheduler.SequentialLR(optimizer, [first, second], [2])
    const seen = [rates(optimizer)[0]]
    for (let epoch = 0; epoch < 4; epoch++) {
      scheduler.step()
      seen.push(rates(optimizer)[0])
    }
    expect(seen).toEqual([0.5, 0.5, 1, 0.5, 0.25])
    expect([scheduler.lastEpoch, second.lastEpoch]).toEqual([4, 2])
  })

  test('all at once', () => {
    const optimizer = sgd()
    const parts = [0.5, 0.25].map((gamma) => new lrScheduler.ExponentialLR(optimizer, gamma))
    const scheduler = new lrScheduler.ChainedScheduler(parts)
    scheduler.step()
    expect([rates(optimizer), scheduler.lastEpoch]).toEqual([[0.125, 0.0625], 1])
    expect(() => scheduler.step(5 as never)).toThrow(/epoch: expected nothing, got number 5/)
  })

  test('load all parts or none', () => {
    const make = () => {
      const optimizer = sgd()
      const parts = [0.5, 0.25].map((gamma) => new lrScheduler.ExponentialLR(optimizer, gamma))
      return new lrScheduler.SequentialLR(optimizer, parts, [3])
    }
    const source = make()
    source.step()
    const state = source.stateDict() as { _schedulers: { gamma: unknown }[] }
    const target = make()
    target.loadStateDict(state)
    expect(target.stateDict()).toEqual(state)
    const before = make()
    state._schedulers[1]!.gamma = 'fast'
    expect(() => before.loadStateDict(state)).toThrow(/state.gamma: expected a finite number/)
    expect(before.stateDict()).toEqual(make().stateDict())
  })
})

describe('state', () => {
  const make = () => new lrScheduler.StepLR(sgd(), 5)

  test('of another scheduler is refused, and nothing changed', () => {
    const other = new lrScheduler.ExponentialLR(sgd(), 0.5)
    other.step()
    expect(() => other.loadStateDict(make().stateDict())).toThrow(
      /state: ExponentialLR has no 'step_size'; expected some of base_lrs, last_epoch/
    )
    expect([other.lastEpoch, other.gamma]).toEqual([1, 0.5])
  })

  test('of other groups is refused', () => {
    const small = new lrScheduler.StepLR(new optim.SGD([leaf()]), 5)
    expect(() => small.loadStateDict(make().stateDict())).toThrow(
      /state.base_lrs: expected 1 numbers, one for each group, got Array\(2\)/
    )
  })

  test('is a copy', () => {
    const scheduler = make()
    const state = scheduler.stateDict() as { base_lrs: number[] }
    state.base_lrs[0] = 99
    expect(scheduler.baseLrs).toEqual([1, 0.5])
    scheduler.getLastLr()[0] = 99
    expect(scheduler.getLastLr()).toEqual([1, 0.5])
  })

  test('cannot give a scheduler names of its prototype', () => {
    const state = JSON.parse('{ "last_epoch": 3, "__proto__": { "step": 1 } }')
    expect(() => make().loadStateDict(state)).toThrow(/StepLR has no '__proto__'/)
  })

  test('of callable objects of Python is refused by name', () => {
    const scheduler = new lrScheduler.LambdaLR(sgd(), () => 1)
    const state = { ...scheduler.stateDict(), lr_lambdas: [null, { decay: 0.5 }] }
    expect(() => scheduler.loadStateDict(state)).toThrow(
      /state.lr_lambdas\[1\]: expected null in the place of a function/
    )
  })

  test('goes with the optimizer’s through save and load', () => {
    const run = (optimizer: optim.SGD, scheduler: optim.lrScheduler.LRScheduler, steps: number) => {
      for (let step = 0; step < steps; step++) scheduler.step()
      return rates(optimizer)
    }
    const [first, second] = [sgd(), sgd()]
    const scheduler = new lrScheduler.CosineAnnealingLR(first, 9)
    run(first, scheduler, 5)
    const resumed = new lrScheduler.CosineAnnealingLR(second, 30)
    second.loadStateDict(first.stateDict())
    resumed.loadStateDict(scheduler.stateDict())
    expect(resumed.TMax).toBe(9)
    expect(run(second, resumed, 20)).toEqual(run(first, scheduler, 20))
  })
})
