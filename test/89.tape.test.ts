import { describe, expect, test } from '@jest/globals'
import { type DType, GradScaler, optim, type Tensor, tensor } from 'node-libtorch'
import { branch, effect, effectWithMemory, setTape } from '../lib/compile/tape'
import { native } from '../lib/native'
import { isBefore } from '../lib/nn/version'
import { rounded } from '../lib/optim/rounding'
import { FakeTape, record } from './fixtures/fake_tape'

const { lrScheduler } = optim

type AnyOptimizer = optim.Optimizer<{ lr?: number }>
type AnyClass = new (params: unknown, options?: object) => AnyOptimizer
type Schedule = (optimizer: AnyOptimizer) => optim.lrScheduler.LRScheduler

const decays: Schedule = (optimizer) => new lrScheduler.ExponentialLR(optimizer, 0.9)
const cycles: Schedule = (optimizer) =>
  new lrScheduler.CyclicLR(optimizer, 0.001, 0.1, { stepSizeUp: 3 })

/** Two parameters of float32 and one of `dtype`, with gradients that differ from step to step. */
class Training {
  readonly params: Tensor[]
  readonly optimizer: AnyOptimizer
  readonly scheduler: optim.lrScheduler.LRScheduler
  #steps = 0

  constructor(name: string, options: object, schedule: Schedule, dtype: DType = 'float64') {
    this.params = [
      tensor([1, -2, 3], { requiresGrad: true }),
      tensor([0.5], { requiresGrad: true }),
      tensor([2, 0.25], { dtype, requiresGrad: true })
    ]
    const [first, ...others] = this.params
    const Class = (optim as unknown as Record<string, AnyClass>)[name] as AnyClass
    const groups = [{ params: [first] }, { params: others, lr: 0.02 }]
    this.optimizer = new Class(groups, options)
    this.scheduler = schedule(this.optimizer)
  }

  /** One step, as `run` has it: eagerly, or recorded. */
  step(run: (step: () => void) => void = (step) => step()): void {
    this.#steps += 1
    for (const [i, parameter] of this.params.entries()) {
      const values = Array.from({ length: parameter.numel() }, (_, j) =>
        Math.sin(7 * this.#steps + 3 * i + j)
      )
      parameter.grad = tensor(values, { dtype: parameter.dtype })
    }
    run(() => {
      this.optimizer.step()
      this.scheduler.step()
    })
  }

  recorded(): FakeTape {
    let tape = new FakeTape()
    this.step((step) => {
      tape = record(step)
    })
    return tape
  }

  values(): unknown {
    return this.params.map((parameter) => [...new Uint8Array(bytesOf(parameter))])
  }

  /** All that a step changes in JavaScript. */
  place(): unknown {
    const { state, param_groups } = this.optimizer.stateDict()
    const numbers = Object.values(state).map(({ step, eta, mu, mu_product }) =>
      [step, eta, mu, mu_product].map((one) => (native.isTensor(one) ? one.item() : one))
    )
    return [numbers, param_groups, this.scheduler.stateDict()]
  }
}

const bytesOf = (value: Tensor) => native.toArrayBuffer(value.detach())

// biome-ignore format: a table
const settings: [name: string, options: object, schedule: Schedule][] = [
  ['SGD', { lr: 0.1 }, decays],
  ['SGD', { lr: 0.1, maximize: true, weightDecay: 0.1 }, decays],
  ['SGD', { lr: 0.1, momentum: 0.9, dampening: 0.3, weightDecay: 0.01 }, cycles],
  ['SGD', { lr: 0.1, momentum: 0.9, nesterov: true }, cycles],
  ['Adam', { lr: 0.1 }, decays],
  ['Adam', { lr: 0.1, weightDecay: 0.1, amsgrad: true, maximize: true }, cycles],
  ['AdamW', { lr: 0.1 }, cycles],
  ['Adamax', { lr: 0.1, weightDecay: 0.1 }, cycles],
  ['NAdam', { lr: 0.1, weightDecay: 0.1 }, cycles],
  ['NAdam', { lr: 0.1 }, decays],
  ['RAdam', { lr: 0.1, weightDecay: 0.1 }, cycles],
  ['RMSprop', { lr: 0.1, weightDecay: 0.1 }, decays],
  ['RMSprop', { lr: 0.1, momentum: 0.9, centered: true }, cycles],
  ['Adagrad', { lr: 0.1, lrDecay: 0.1 }, decays],
  ['Adadelta', { lr: 0.1, weightDecay: 0.1 }, decays],
  ['ASGD', { lr: 0.1, weightDecay: 0.1 }, decays],
  ['ASGD', { lr: 0.1, lambd: 0.1, t0: 1 }, decays],
  ['Rprop', { lr: 0.1 }, decays],
  ...(isBefore(2, 1) ? [] : [
    ['NAdam', { lr: 0.1, weightDecay: 0.1, decoupledWeightDecay: true }, cycles],
    ['RAdam', { lr: 0.1, weightDecay: 0.1, decoupledWeightDecay: true }, decays]
  ] as [string, object, Schedule][])]

/** The first step makes what is kept; the averages of RAdam and ASGD go another way later. */
const settled = (name: string) => (name === 'RAdam' ? 6 : 4)

describe.each(settings)('%s %j', (name, options, schedule) => {
  test('a recorded step has the bits of an eager one', () => {
    const [eager, taped] = [1, 2].map(() => new Training(name, options, schedule)) as [
      Training,
      Training
    ]
    for (let step = 1; step <= 20; step++) {
      eager.step()
      taped.recorded()
      expect(taped.values()).toEqual(eager.values())
    }
    expect(taped.place()).toEqual(eager.place())
  })

  test('its numbers, taken anew, are those that eager steps use', () => {
    const [eager, taped] = [1, 2].map(() => new Training(name, options, schedule)) as [
      Training,
      Training
    ]
    const first = settled(name)
    for (let step = 1; step < first; step++) for (const each of [eager, taped]) each.step()
    eager.step()
    const tape = taped.recorded()
    const slots = new Set(tape.bound.map(({ slot }) => slot))
    expect(slots.size).toBe(tape.numbers.length)
    const before = taped.place()
    expect(before).toEqual(eager.place())
    const places = [before]
    for (let step = first + 1; step <= 20; step++) {
      // The branches of a step are those of the recorded one.
      expect(tape.replay()).toEqual(eager.recorded().numbers)
      places.push(taped.place())
      expect(places.at(-1)).toEqual(eager.place())
    }
    while (places.length > 1) {
      places.pop()
      tape.undo()
      expect(taped.place()).toEqual(places.at(-1))
    }
  })
})

test('each number is bound to an argument that the operator has', () => {
  const texts = new Map(native.schemas().map((one) => [`${one.name}.${one.overload}`, one.text]))
  const wanted = {
    scalar: ['add.Scalar', 'div.Scalar', 'add_.Scalar', 'mul_.Scalar', 'div_.Scalar'],
    alpha: ['add.List', 'add_.List'],
    value: ['addcmul.Scalar', 'addcmul_.Scalar', 'addcdiv_.Scalar'],
    weight: isBefore(2, 1) ? [] : ['lerp_.Scalar']
  }
  for (const [argument, names] of Object.entries(wanted)) {
    for (const name of names) {
      expect(texts.get(`aten::_foreach_${name}`)).toMatch(new RegExp(`Scalar ${argument}\\b`))
    }
  }
  expect(texts.get('aten::full.')).toMatch(/Scalar fill_value/)
})

test('a number goes into one new tensor for a whole list on the CPU, else into an argument', () => {
  const kinds = (dtype: DType) => {
    const training = new Training('Adam', {}, decays, dtype)
    training.step()
    return training.recorded().bound.map(({ by }) => (typeof by === 'string' ? by : 'tensor'))
  }
  expect(kinds('float32')).toEqual(
    expect.arrayContaining(['tensor', 'value', isBefore(2, 1) ? 'alpha' : 'weight'])
  )
  expect(kinds('float32')).not.toContain('scalar')
  expect(kinds('bfloat16')).toContain('scalar')
})

describe('a step that would go another way is recorded again', () => {
  /** A recorded step of an optimizer that has taken some, and the optimizer's only group. */
  function recorded(name: string, options: object = {}, steps = 8) {
    const training = new Training(name, { lr: 0.1, ...options }, (optimizer) => decays(optimizer))
    for (let step = 0; step < steps; step++) training.step()
    const [group] = training.optimizer.paramGroups
    return { training, tape: training.recorded(), group: group as Record<string, unknown> }
  }

  /** That nothing is changed then. */
  function expectAnother({ training, tape }: ReturnType<typeof recorded>): void {
    const before = training.place()
    expect(tape.replay()).toBeNull()
    expect(training.place()).toEqual(before)
    expect(training.recorded().replay()).not.toBeNull()
  }

  // biome-ignore format: a table
  test.each([
    ['SGD', 'momentum', 0, 0.5],
    ['SGD', 'momentum', 0.5, 0],
    ['SGD', 'weightDecay', 0, 0.1],
    ['SGD', 'weightDecay', 0.1, 0],
    ['SGD', 'maximize', false, true],
    ['SGD', 'dampening', 0, 0.5],
    ['Adam', 'weightDecay', 0, 0.1],
    ['Adam', 'amsgrad', false, true],
    ['Adam', 'amsgrad', true, false],
    ['Adam', 'eps', 1e-8, 1e-3],
    ['AdamW', 'weightDecay', 0.1, 0],
    ['RMSprop', 'momentum', 0, 0.5],
    ['RMSprop', 'centered', true, false],
    ['RMSprop', 'alpha', 0.9, 0.8],
    ['ASGD', 'lambd', 0.1, 0.2],
    ['Rprop', 'stepSizes', [1e-6, 50], [1e-6, 10]]
  ])('%s: %s from %j to %j', (name, option, from, to) => {
    const made = recorded(name, { [option]: from })
    made.training.step()
    expect(made.tape.replay()).not.toBeNull()
    made.group[option] = to
    const before = made.training.place()
    expect(made.tape.replay()).toBeNull()
    expect(made.training.place()).toEqual(before)
    // The step after may make what is kept.
    made.training.recorded()
    expect(made.training.recorded().replay()).not.toBeNull()
  })

  test('lr, betas and another momentum or weightDecay do not count', () => {
    const { tape, group } = recorded('Adam', { weightDecay: 0.1 })
    Object.assign(group, { lr: 0.5, betas: [0.8, 0.9], weightDecay: 0.2 })
    expect(tape.replay()).toEqual(expect.arrayContaining([1 - 0.8, 0.9, 0.2]))
    const other = recorded('SGD', { momentum: 0.9 })
    other.group.momentum = 0.7
    expect(other.tape.replay()).toContain(0.7)
  })

  test('the one that makes what is kept', () => {
    for (const options of [{}, { momentum: 0.9 }]) {
      const made = recorded('SGD', options, 0)
      if ('momentum' in options) expectAnother(made)
      else expect(made.tape.replay()).not.toBeNull()
    }
    expectAnother(recorded('Adam', {}, 0))
  })

  test('the steps from which RAdam is rectified and ASGD averages', () => {
    const rectified = recorded('RAdam', {}, 3)
    expect(rectified.tape.replay()).not.toBeNull()
    expectAnother(rectified)
    const averaged = recorded('ASGD', { t0: 3 }, 2)
    for (let step = 4; step <= 5; step++) expect(averaged.tape.replay()).not.toBeNull()
    expectAnother(averaged)
  })

  test('one that took other parameters along', () => {
    const made = recorded('Adam')
    made.training.params[1]!.grad = null
    made.training.params[2]!.grad = null
    made.training.optimizer.step()
    expect(made.tape.replay()).not.toBeNull()
    // Two of one group and dtype that no longer took as many steps.
    const params = [1, 2].map((value) => tensor([value], { requiresGrad: true }))
    const optimizer = new optim.Adam(params)
    const step = () => {
      for (const parameter of params) parameter.grad = tensor([1])
      return record(() => optimizer.step())
    }
    step()
    const tape = step()
    params[0]!.grad = null
    optimizer.step()
    expect(tape.replay()).toBeNull()
  })

  test('one of other parameters or of another state', () => {
    const changes: ((optimizer: AnyOptimizer, params: Tensor[]) => void)[] = [
      (optimizer) => optimizer.addParamGroup({ params: [tensor([1], { requiresGrad: true })] }),
      (optimizer, [first]) => optimizer.removeParameter(first!),
      (optimizer, [first]) =>
        optimizer.replaceParameter(first!, tensor([1, 2, 3], { requiresGrad: true })),
      (optimizer) => optimizer.loadStateDict(optimizer.stateDict())
    ]
    for (const change of changes) {
      for (const name of ['SGD', 'Adam']) {
        const { training, tape } = recorded(name, name === 'SGD' ? { momentum: 0.9 } : {})
        const { version } = training.optimizer
        change(training.optimizer, training.params)
        expect(training.optimizer.version).toBeGreaterThan(version)
        expect(tape.replay()).toBeNull()
      }
    }
  })

  test('steps and schedules leave the version alone', () => {
    const { training } = recorded('Adam')
    const { version } = training.optimizer
    training.step()
    expect(training.optimizer.version).toBe(version)
  })
})

describe('schedulers', () => {
  // biome-ignore format: a table
  const schedules: Record<string, Schedule> = {
    StepLR: (optimizer) => new lrScheduler.StepLR(optimizer, 3),
    LambdaLR: (optimizer) => new lrScheduler.LambdaLR(optimizer, (epoch) => 1 / (1 + epoch)),
    MultiplicativeLR: (optimizer) => new lrScheduler.MultiplicativeLR(optimizer, () => 0.9),
    CosineAnnealingLR: (optimizer) => new lrScheduler.CosineAnnealingLR(optimizer, 7),
    CosineAnnealingWarmRestarts: (optimizer) =>
      new lrScheduler.CosineAnnealingWarmRestarts(optimizer, 3, { TMult: 2 }),
    OneCycleLR: (optimizer) => new lrScheduler.OneCycleLR(optimizer, 0.1, { totalSteps: 40 }),
    CyclicLR: cycles,
    SequentialLR: (optimizer) => new lrScheduler.SequentialLR(optimizer, [
      new lrScheduler.LinearLR(optimizer), new lrScheduler.ExponentialLR(optimizer, 0.9)], [5]),
    ChainedScheduler: (optimizer) => new lrScheduler.ChainedScheduler([
      new lrScheduler.LinearLR(optimizer), new lrScheduler.ExponentialLR(optimizer, 0.9)])
  }

  test.each(Object.keys(schedules))('%s goes on, and back', (name) => {
    const [eager, taped] = [1, 2].map(
      () => new Training('Adam', { lr: 0.1 }, schedules[name]!)
    ) as [Training, Training]
    eager.step()
    eager.step()
    taped.step()
    const tape = taped.recorded()
    const places = [taped.place()]
    for (let step = 3; step <= 20; step++) {
      eager.step()
      expect(tape.replay()).not.toBeNull()
      places.push(taped.place())
      expect(places.at(-1)).toEqual(eager.place())
    }
    expect(new Set(places.map((place) => JSON.stringify(place))).size).toBe(places.length)
    while (places.length > 1) {
      places.pop()
      tape.undo()
      expect(taped.place()).toEqual(places.at(-1))
    }
  })

  test('a step past the last one throws and changes nothing', () => {
    const training = new Training(
      'SGD',
      { lr: 0.1, momentum: 0.9 },
      (optimizer) => new lrScheduler.OneCycleLR(optimizer, 0.1, { totalSteps: 3 })
    )
    training.step()
    const tape = training.recorded()
    tape.replay()
    const before = training.place()
    expect(() => tape.replay()).toThrow('at most 3 steps')
    expect(training.place()).toEqual(before)
  })

  test('ReduceLROnPlateau takes numbers, no tensors', () => {
    const { optimizer } = new Training('SGD', { lr: 0.1 }, decays)
    const scheduler = new lrScheduler.ReduceLROnPlateau(optimizer, { patience: 1, factor: 0.5 })
    const tape = record(() => scheduler.step(1))
    const before = scheduler.stateDict()
    for (let step = 0; step < 2; step++) tape.replay()
    expect(scheduler.getLastLr()).toEqual([0.05, 0.01])
    for (let step = 0; step < 2; step++) tape.undo()
    expect(scheduler.stateDict()).toEqual(before)
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.1, 0.02])
    const loss = tensor(1)
    expect(() => record(() => scheduler.step(loss))).toThrow(
      'ReduceLROnPlateau.step(tensor) cannot be recorded; call it after the step'
    )
  })
})

test('the scale of a loss is taken anew', () => {
  const scaler = new GradScaler({ device: 'cpu', initScale: 4 })
  const loss = tensor(1)
  const tape = record(() => scaler.scale(loss))
  expect(tape.bound).toEqual([{ slot: 0, by: 'fill_value' }])
  scaler.update(8)
  expect(tape.replay()).toEqual([8])
})

describe('an effect', () => {
  test('is one, whatever it calls', () => {
    let count = 0
    const change = () =>
      effect(
        () => (count += 1),
        () => (count -= 1)
      )
    const tape = record(() =>
      effect(
        () => {
          change()
          branch(() => count)
        },
        () => (count -= 1)
      )
    )
    expect(tape.entries).toHaveLength(1)
    tape.replay()
    expect(count).toBe(2)
    tape.undo()
    expect(count).toBe(1)
  })

  test('with a memory remembers 4,096 changes, and throws beyond', () => {
    let list: number[] = []
    const tape = record(() =>
      effectWithMemory(
        () => (list = [...list.slice(-1), list.length]),
        () => {
          const before = list
          return () => (list = before)
        }
      )
    )
    for (let i = 0; i < 20_000; i++) tape.replay()
    for (let i = 0; i < 4096; i++) tape.undo()
    expect(() => {
      for (let i = 0; i < 4097; i++) tape.undo()
    }).toThrow('only the last 4096 steps')
  })

  test('that throws puts back what it had changed', () => {
    let value = 1
    const step = () =>
      effectWithMemory(
        () => {
          value = 2
          throw new Error('no')
        },
        () => () => (value = 1)
      )
    expect(() => record(step)).toThrow('no')
    expect(value).toBe(1)
    expect(setTape(null)).toBeNull()
  })
})

test('numbers are rounded as tensors round them', () => {
  const values = [
    0,
    1,
    -1 / 3,
    0.1,
    1e-3,
    6e-5,
    3e-8,
    1.5e-8,
    65519,
    65520,
    1e39,
    0.999,
    2049,
    -4097
  ]
  for (const dtype of ['float64', 'float32', 'float16', 'bfloat16'] as const) {
    const expected = values.map((value) => tensor(value, { dtype }).item())
    expect(values.map((value) => rounded(value, dtype))).toEqual(expected)
  }
})
