import { describe, expect, test } from '@jest/globals'
import {
  arange,
  cat,
  isGradEnabled,
  nn,
  noGrad,
  ops,
  optim,
  scope,
  setNumThreads,
  type Tensor,
  tensor,
  version,
  zeros
} from 'node-libtorch'

setNumThreads(1)

const error = (name: string) => expect.objectContaining({ name })
const leaf = (data: number[], dtype: 'float32' | 'float64' = 'float64') =>
  tensor(data, { dtype, requiresGrad: true })

interface AnyOptimizer extends optim.Optimizer<object> {}
type AnyClass = new (params: unknown, options?: object) => AnyOptimizer
const { SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, NAdam, RAdam, ASGD, Rprop, LBFGS } =
  optim
const classes = {
  SGD,
  Adam,
  AdamW,
  RMSprop,
  Adagrad,
  Adadelta,
  Adamax,
  NAdam,
  RAdam,
  ASGD,
  Rprop,
  LBFGS
}
/** Those that update parameter by parameter. */
const { LBFGS: _, ...local } = classes
const each = (table: object) => Object.entries(table) as [string, AnyClass][]

/** A step down x^2 for each parameter. */
function descend(optimizer: AnyOptimizer, params: readonly Tensor[]): void {
  optimizer.step(() => {
    optimizer.zeroGrad()
    const losses = params.map((parameter) => parameter.square().sum())
    const loss = losses.reduce((sum, part) => sum.add(part))
    loss.backward()
    return loss
  })
}

const plain = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(plain)
    : typeof value === 'object' && value !== null
      ? (value as Tensor).tolist()
      : value
const kept = (optimizer: AnyOptimizer) =>
  Object.entries(optimizer.stateDict().state).map(([number, its]) => [
    number,
    Object.fromEntries(Object.entries(its).map(([name, value]) => [name, plain(value)]))
  ])

describe.each(each(classes))('%s', (name, Optimizer) => {
  test('goes down, leaves the graph and the gradients alone, returns the loss', () => {
    const parameter = leaf([3, -2])
    const optimizer = new Optimizer([parameter], { lr: 0.01 })
    let first: Tensor | undefined
    let recorded = false
    const closure = () => {
      recorded = isGradEnabled()
      optimizer.zeroGrad()
      const loss = parameter.square().sum()
      loss.backward()
      first ??= loss
      return loss
    }
    const result = noGrad(() => optimizer.step(closure))
    expect(result).toBe(first)
    expect(recorded).toBe(true)
    expect([parameter.requiresGrad, parameter.isLeaf, isGradEnabled()]).toEqual([true, true, true])
    for (let step = 0; step < 20; step++) optimizer.step(closure)
    expect(parameter.square().sum().item()).toBeLessThan(13)
    const grad = parameter.grad
    expect(grad!.tolist()).not.toEqual([0, 0])
    for (const its of Object.values(optimizer.stateDict().state)) {
      for (const value of Object.values(its).flat()) {
        if (typeof value === 'object' && value !== null) {
          expect([(value as Tensor).requiresGrad, (value as Tensor).gradFn]).toEqual([false, null])
        }
      }
    }
  })

  test('a closure that throws changes nothing', () => {
    const parameter = leaf([1])
    const optimizer = new Optimizer([parameter])
    const thrower = () => {
      throw new Error('mine')
    }
    expect(() => optimizer.step(thrower)).toThrow('mine')
    expect(parameter.item()).toBe(1)
  })

  test('lives through scopes', () => {
    const [inside, outside] = [leaf([3, -2]), leaf([3, -2])]
    const [a, b] = [new Optimizer([inside]), new Optimizer([outside])]
    for (let step = 0; step < 4; step++) {
      scope(() => {
        zeros(2)
        scope(() => descend(a, [inside]))
        if (step === 1) a.loadStateDict(a.stateDict())
      })
      descend(b, [outside])
      if (step === 1) b.loadStateDict(b.stateDict())
    }
    expect(inside.tolist()).toEqual(outside.tolist())
    expect(kept(a)).toEqual(kept(b))
  })

  test('goes on with the same bits from its state', () => {
    const params = [leaf([3, -2], 'float32'), leaf([0.5], 'float32')]
    const optimizer = new Optimizer(params)
    for (let step = 0; step < 5; step++) descend(optimizer, params)
    const copies = params.map((parameter) => parameter.detach().clone().requiresGrad_())
    const resumed = new Optimizer(copies, { lr: 0.4 })
    resumed.loadStateDict(optimizer.stateDict())
    expect(kept(resumed)).toEqual(kept(optimizer))
    for (let step = 0; step < 5; step++) {
      descend(optimizer, params)
      descend(resumed, copies)
    }
    expect(copies.map(plain)).toEqual(params.map(plain))
    expect(kept(resumed)).toEqual(kept(optimizer))
  })

  test('a state that does not fit changes nothing', () => {
    const params = [leaf([3, -2])]
    const optimizer = new Optimizer(params, { lr: 0.4 })
    descend(optimizer, params)
    const before = JSON.stringify([kept(optimizer), optimizer.stateDict().param_groups])
    const { state, param_groups } = optimizer.stateDict()
    const other = new Optimizer([leaf([1, 2, 3])], {
      lr: 0.3,
      ...(name === 'SGD' ? { momentum: 0.5 } : {})
    })
    descend(other, other.paramGroups[0]!.params)
    expect(() => optimizer.loadStateDict(other.stateDict())).toThrow(error('TypeError'))
    const wrong = [{ ...param_groups[0]!, lr: -1 }]
    expect(() => optimizer.loadStateDict({ state, param_groups: wrong })).toThrow(
      error('RangeError')
    )
    expect(JSON.stringify([kept(optimizer), optimizer.stateDict().param_groups])).toBe(before)
  })

  test('zeroGrad', () => {
    const parameter = leaf([1, 2])
    const optimizer = new Optimizer([parameter])
    parameter.pow(3).sum().backward({ createGraph: true })
    const { grad } = parameter
    optimizer.zeroGrad({ setToNone: false })
    expect(parameter.grad).toBe(grad)
    expect([grad!.tolist(), grad!.requiresGrad]).toEqual([[0, 0], false])
    optimizer.zeroGrad()
    expect(parameter.grad).toBeNull()
  })

  test('prints itself', () => {
    const text = String(new Optimizer([leaf([1])], { lr: 0.00001 }))
    expect(text.startsWith(`${name} (\nParameter Group 0\n`)).toBe(true)
    expect(text).toContain('\n    lr: 1e-05\n')
    expect(text.endsWith('\n)')).toBe(true)
  })
})

describe.each(each(local))('%s', (name, Optimizer) => {
  test('leaves alone what has no gradient', () => {
    const [a, b] = [leaf([1]), leaf([1])]
    const optimizer = new Optimizer([a, b], { lr: 0.5 })
    a.square().backward()
    optimizer.step()
    expect(a.item()).not.toBe(1)
    expect(b.item()).toBe(1)
  })

  test('counts the steps of each parameter by itself', () => {
    const [a, b, alone] = [leaf([1]), leaf([1]), leaf([1])]
    const both = new Optimizer([a, b])
    const one = new Optimizer([alone])
    for (let step = 0; step < 3; step++) descend(both, [a])
    for (let step = 0; step < 3; step++) {
      descend(both, [a, b])
      descend(one, [alone])
    }
    expect(b.item()).toBe(alone.item())
    expect(a.item()).not.toBe(b.item())
  })

  test('takes parameters of several dtypes in one group', () => {
    const mixed = [leaf([3], 'float32'), leaf([3], 'float64'), leaf([2], 'float32')]
    const optimizer = new Optimizer(mixed)
    const alone = [leaf([3], 'float32'), leaf([3], 'float64'), leaf([2], 'float32')]
    const others = alone.map((parameter) => new Optimizer([parameter]))
    for (let step = 0; step < 5; step++) {
      for (const parameter of mixed) parameter.grad = parameter.detach().mul(2)
      optimizer.step()
      for (const [i, parameter] of alone.entries()) {
        parameter.grad = parameter.detach().mul(2)
        others[i]!.step()
      }
    }
    expect(mixed.map(plain)).toEqual(alone.map(plain))
  })

  test('groups have options of their own', () => {
    const [a, b, c, d] = [leaf([1]), leaf([1]), leaf([1]), leaf([1])]
    const grouped = new Optimizer([{ params: [a] }, { params: [b], lr: 0.25 }], { lr: 0.5 })
    const [first, second] = [new Optimizer([c], { lr: 0.5 }), new Optimizer([d], { lr: 0.25 })]
    for (let step = 0; step < 3; step++) {
      descend(grouped, [a, b])
      descend(first, [c])
      descend(second, [d])
    }
    expect([a.item(), b.item()]).toEqual([c.item(), d.item()])
    expect(a.item()).not.toBe(b.item())
    expect(grouped.paramGroups.map((group) => (group as { lr?: number }).lr)).toEqual([0.5, 0.25])
    const late = leaf([1])
    grouped.addParamGroup({ params: [late] })
    descend(grouped, [late])
    expect(late.item()).not.toBe(1)
    expect(grouped.stateDict().param_groups.map(({ params }) => params)).toEqual([[0], [1], [2]])
  })

  test('an lr that is set holds from the next step on', () => {
    const parameter = leaf([1])
    const optimizer = new Optimizer([parameter], { lr: 0.5 })
    descend(optimizer, [parameter])
    const group = optimizer.paramGroups[0] as { lr: number }
    expect(() => (group.lr = -1)).toThrow(error('RangeError'))
    expect(group.lr).toBe(0.5)
    group.lr = 0
    const before = parameter.item()
    // Rprop takes it for its first step only, and ASGD for the next one but one.
    if (name === 'Rprop' || name === 'ASGD') return
    descend(optimizer, [parameter])
    expect(parameter.item()).toBe(before)
  })

  test('replaces a parameter and keeps what it knows of it', () => {
    const [old, rest] = [leaf([3, -2]), leaf([0.5])]
    const options = name === 'SGD' ? { momentum: 0.9 } : {}
    const optimizer = new Optimizer([{ params: [old] }, { params: [rest] }], options)
    for (let step = 0; step < 3; step++) descend(optimizer, [old, rest])
    const wide = tensor([...(old.tolist() as number[]), 3], {
      dtype: 'float64',
      requiresGrad: true
    })
    const grow = (_: string, value: Tensor) => cat([value, value.narrow(0, 0, 1)])
    const before = JSON.stringify(kept(optimizer))
    expect(() => optimizer.replaceParameter(old, wide)).toThrow(/mapState.*shape \[3\]/)
    expect(() => optimizer.replaceParameter(old, wide, (_, value) => value)).toThrow(
      error('TypeError')
    )
    expect(JSON.stringify(kept(optimizer))).toBe(before)
    expect(optimizer.paramGroups[0]!.params[0]).toBe(old)
    const names: string[] = []
    optimizer.replaceParameter(old, wide, (key, value) => {
      names.push(key)
      expect(value.shape).toEqual([2])
      return grow(key, value)
    })
    expect(names.length).toBeGreaterThan(0)
    expect(optimizer.paramGroups.map(({ params }) => params.length)).toEqual([1, 1])
    expect(optimizer.paramGroups[0]!.params[0]).toBe(wide)
    expect(optimizer.paramGroups[1]!.params[0]).toBe(rest)
    const state = new Map(kept(optimizer) as [string, Record<string, unknown>][])
    for (const key of names) expect(state.get('0')![key]).toHaveLength(3)
    // The third goes where the first goes, had both been there from the start.
    noGrad(() => wide.select(0, 2).copy_(wide.select(0, 0)))
    for (let step = 0; step < 3; step++) descend(optimizer, [wide, rest])
    const [first, , third] = wide.tolist() as number[]
    expect(third).toBe(first)
    const twin = leaf([3, -2])
    const plainOne = new Optimizer([twin], options)
    for (let step = 0; step < 6; step++) descend(plainOne, [twin])
    expect((wide.tolist() as number[]).slice(0, 2)).toEqual(twin.tolist())
    expect(old.grad).not.toBe(wide.grad)
  })

  test('removes a parameter and forgets it', () => {
    const [a, b] = [leaf([3]), leaf([3])]
    const optimizer = new Optimizer([a, b], name === 'SGD' ? { momentum: 0.9 } : {})
    for (let step = 0; step < 2; step++) descend(optimizer, [a, b])
    optimizer.removeParameter(a)
    expect(optimizer.paramGroups[0]!.params).toHaveLength(1)
    expect(optimizer.paramGroups[0]!.params[0]).toBe(b)
    expect(kept(optimizer).map(([number]) => number)).toEqual(['0'])
    const before = a.item()
    a.grad = tensor([1], { dtype: 'float64' })
    descend(optimizer, [b])
    expect(a.item()).toBe(before)
    const twin = leaf([3])
    const alone = new Optimizer([twin], name === 'SGD' ? { momentum: 0.9 } : {})
    for (let step = 0; step < 3; step++) descend(alone, [twin])
    expect(b.item()).toBe(twin.item())
    expect(() => optimizer.removeParameter(a)).toThrow(/in no group/)
    optimizer.removeParameter(b)
    optimizer.step()
    expect(optimizer.stateDict()).toMatchObject({ state: {}, param_groups: [{ params: [] }] })
    optimizer.addParamGroup({ params: [a] })
    expect(optimizer.paramGroups).toHaveLength(2)
  })

  test('schedulers may note down what they need, and it is saved', () => {
    const parameter = leaf([1])
    const optimizer = new Optimizer([parameter], { lr: 0.5 })
    const group = optimizer.paramGroups[0]!
    expect(group.initialLr).toBeUndefined()
    Object.assign(group, { initialLr: 0.5, maxLr: 1, minLr: 0.1, baseMomentum: 0.8 })
    group.maxMomentum = 0.95
    expect(() => (group.initialLr = Number.NaN)).toThrow(error('RangeError'))
    const state = optimizer.stateDict()
    expect(state.param_groups[0]).toMatchObject({
      initial_lr: 0.5,
      max_lr: 1,
      min_lr: 0.1,
      base_momentum: 0.8,
      max_momentum: 0.95
    })
    const other = new Optimizer([{ params: [leaf([1])], initialLr: 3 }])
    expect(other.stateDict().param_groups[0]!['initial_lr']).toBe(3)
    other.loadStateDict(state)
    expect(other.paramGroups[0]).toHaveProperty('initialLr', 0.5)
    group.initialLr = undefined
    expect(optimizer.stateDict().param_groups[0]).not.toHaveProperty('initial_lr')
  })
})

describe('options', () => {
  test.each<[string, AnyClass, object]>([
    [
      'Adam',
      Adam as never,
      { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false }
    ],
    ['AdamW', AdamW as never, { lr: 0.001, weightDecay: 0.01, maximize: false }],
    [
      'RMSprop',
      RMSprop as never,
      { lr: 0.01, alpha: 0.99, eps: 1e-8, momentum: 0, centered: false }
    ],
    ['Adagrad', Adagrad as never, { lr: 0.01, lrDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 }],
    ['Adadelta', Adadelta as never, { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 }],
    ['Adamax', Adamax as never, { lr: 0.002, betas: [0.9, 0.999], eps: 1e-8 }],
    ['NAdam', NAdam as never, { lr: 0.002, betas: [0.9, 0.999], momentumDecay: 0.004 }],
    ['RAdam', RAdam as never, { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8 }],
    ['ASGD', ASGD as never, { lr: 0.01, lambd: 1e-4, alpha: 0.75, t0: 1e6 }],
    ['Rprop', Rprop as never, { lr: 0.01, etas: [0.5, 1.2], stepSizes: [1e-6, 50] }],
    [
      'LBFGS',
      LBFGS as never,
      { lr: 1, maxIter: 20, maxEval: 25, historySize: 100, lineSearchFn: null, toleranceGrad: 1e-7 }
    ]
  ])("%s has PyTorch's defaults", (_, Optimizer, defaults) => {
    expect(new Optimizer([leaf([1])]).paramGroups[0]).toMatchObject(defaults)
  })

  test('betas are a pair of their own', () => {
    const betas: [number, number] = [0.8, 0.9]
    const optimizer = new Adam([leaf([1])], { betas })
    betas[0] = 2
    const group = optimizer.paramGroups[0]!
    expect(group.betas).toEqual([0.8, 0.9])
    expect(() => ((group.betas as [number, number])[0] = 2)).toThrow()
    group.betas = [0.7, 0.9]
    expect(optimizer.stateDict().param_groups[0]!['betas']).toEqual([0.7, 0.9])
  })

  test('one that needs a further tensor may be set at any time', () => {
    const parameter = leaf([3])
    const optimizer = new Adam([parameter])
    descend(optimizer, [parameter])
    optimizer.paramGroups[0]!.amsgrad = true
    descend(optimizer, [parameter])
    expect(Object.keys(optimizer.stateDict().state['0']!)).toContain('max_exp_avg_sq')
    const rmsprop = new RMSprop([parameter])
    descend(rmsprop, [parameter])
    Object.assign(rmsprop.paramGroups[0]!, { momentum: 0.9, centered: true })
    descend(rmsprop, [parameter])
    expect(Object.keys(rmsprop.stateDict().state['0']!).sort()).toEqual([
      'grad_avg',
      'momentum_buffer',
      'square_avg',
      'step'
    ])
  })

  test('LBFGS takes maxEval from maxIter', () => {
    const maxEval = (options: optim.LBFGSOptions) =>
      new LBFGS([leaf([1])], options).paramGroups[0]!.maxEval
    expect([maxEval({ maxIter: 10 }), maxEval({ maxIter: 1 }), maxEval({ maxEval: 7 })]).toEqual([
      12, 1, 7
    ])
  })

  test('those of a newer PyTorch are refused by an older one', () => {
    const make = () => new NAdam([leaf([1])], { maximize: true })
    if (version.libtorch.startsWith('1.')) expect(make).toThrow(/unknown option 'maximize'/)
    else expect(make().paramGroups[0]!.maximize).toBe(true)
  })
})

describe('state', () => {
  test('step is a float32 scalar, as in Python', () => {
    const parameter = leaf([1])
    const optimizer = new Adam([parameter])
    descend(optimizer, [parameter])
    const { step } = optimizer.stateDict().state['0']!
    expect([(step as Tensor).dtype, (step as Tensor).shape, plain(step)]).toEqual([
      'float32',
      [],
      1
    ])
  })

  test('of an older Python, with numbers, is taken', () => {
    const optimizer = new NAdam([leaf([1])])
    const { param_groups } = optimizer.stateDict()
    const value = tensor([0.5], { dtype: 'float64' })
    const state = { 0: { step: 3, mu_product: 0.4, exp_avg: value, exp_avg_sq: value } }
    optimizer.loadStateDict({ state, param_groups })
    expect(plain(optimizer.stateDict().state['0']!['step'])).toBe(3)
    expect(plain(optimizer.stateDict().state['0']!['mu_product'])).toBeCloseTo(0.4, 6)
  })

  test('with something missing is refused by name', () => {
    const optimizer = new Adam([leaf([1])], { amsgrad: true })
    const { param_groups } = optimizer.stateDict()
    const value = tensor([0.5])
    const state = { 0: { step: tensor(3), exp_avg: value, exp_avg_sq: value } }
    expect(() => optimizer.loadStateDict({ state, param_groups })).toThrow(
      /state.max_exp_avg_sq: expected a tensor of shape \[1\], got undefined/
    )
  })

  test('of Adagrad is there from the beginning on', () => {
    const optimizer = new Adagrad([leaf([1, 2])], { initialAccumulatorValue: 0.5 })
    expect(kept(optimizer)).toEqual([['0', { step: 0, sum: [0.5, 0.5] }]])
  })

  test('of LBFGS is under the first parameter and forgotten with a change of parameters', () => {
    const params = [leaf([3, -2]), leaf([1])]
    const optimizer = new LBFGS(params, { lineSearchFn: 'strong_wolfe', maxIter: 1 })
    descend(optimizer, params)
    const { state } = optimizer.stateDict()
    expect(Object.keys(state)).toEqual(['0'])
    expect((state['0']!['d'] as Tensor).shape).toEqual([3])
    const wide = leaf([1, 2])
    optimizer.replaceParameter(params[1]!, wide)
    expect(optimizer.stateDict().state).toEqual({})
    descend(optimizer, [params[0]!, wide])
    expect((optimizer.stateDict().state['0']!['d'] as Tensor).shape).toEqual([4])
    optimizer.removeParameter(params[0]!)
    expect(optimizer.stateDict().state).toEqual({})
    descend(optimizer, [wide])
    expect(() => optimizer.addParamGroup({ params: [leaf([1])] })).toThrow(/expected one group/)
  })
})

describe('sparse gradients', () => {
  const sparse = () => {
    const indices = tensor([[0, 2, 0]], { dtype: 'int64' })
    const values = tensor(
      [
        [1, 2],
        [3, 4],
        [0.5, 0.5]
      ],
      { dtype: 'float64' }
    )
    return ops.aten.sparse_coo_tensor(indices, values, [3, 2]) as Tensor
  }
  const table = () =>
    arange(6, { dtype: 'float64' }).reshape(3, 2).clone().requiresGrad_() as Tensor

  test.each(each(local).filter(([name]) => name !== 'SGD' && name !== 'Adagrad'))(
    '%s refuses them and changes nothing',
    (name, Optimizer) => {
      const [first, parameter] = [leaf([1]), table()]
      const optimizer = new Optimizer([first, parameter])
      first.grad = tensor([1], { dtype: 'float64' })
      parameter.grad = sparse()
      expect(() => optimizer.step()).toThrow(`${name}: expected dense gradients, got a sparse one`)
      expect(first.item()).toBe(1)
    }
  )

  test.each([
    ['SGD', () => SGD, { lr: 0.5 }],
    ['Adagrad', () => Adagrad, { lr: 0.5 }],
    ['Adagrad that climbs', () => Adagrad, { lr: 0.5, lrDecay: 0.1, maximize: true }]
  ] as [string, () => AnyClass, object][])(
    '%s goes where dense ones lead',
    (_, Optimizer, options) => {
      const [a, b] = [table(), table()]
      const optimizer = new (Optimizer())([a, b], options)
      for (let step = 0; step < 3; step++) {
        a.grad = sparse()
        b.grad = sparse().toDense()
        optimizer.step()
      }
      // Python, too, divides before it scales here, after it there.
      expect(a.sub(b).abs().max().item()).toBeLessThan(1e-14)
      expect(a.tolist()).not.toEqual(table().tolist())
    }
  )

  test('Adagrad has no weightDecay with them', () => {
    const parameter = table()
    const optimizer = new Adagrad([parameter], { weightDecay: 0.1 })
    parameter.grad = sparse()
    expect(() => optimizer.step()).toThrow(/weightDecay: expected 0 where gradients are sparse/)
  })
})

test('Adam learns a line', () => {
  const model = new nn.Linear(1, 1)
  const optimizer = new Adam(model.parameters(), { lr: 0.1 })
  const criterion = new nn.MSELoss()
  const [x, y] = [tensor([[-1], [0], [1], [2]]), tensor([[-5], [-2], [1], [4]])]
  for (let step = 0; step < 500; step++) {
    optimizer.zeroGrad()
    criterion(model(x), y).backward()
    optimizer.step()
  }
  expect(model.weight.item()).toBeCloseTo(3, 3)
  expect(model.bias!.item()).toBeCloseTo(-2, 3)
})
