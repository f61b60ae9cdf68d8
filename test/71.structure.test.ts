import { describe, expect, test } from '@jest/globals'
import { Generator, type Tensor, manualSeed, nn, optim, rand, tensor } from 'node-libtorch'

const { pruneNeurons, widen } = nn.utils
const x = (() => {
  manualSeed(1)
  return rand(64, 3)
})()
const y = x.sin().sum(1, true)
const criterion = new nn.MSELoss()

/** A network that has been trained, and its optimizer. */
function trained(steps = 200) {
  manualSeed(5)
  const model = new nn.Sequential(
    new nn.Linear(3, 8),
    new nn.ReLU(),
    new nn.Linear(8, 6),
    new nn.ReLU(),
    new nn.Linear(6, 1)
  )
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.5 })
  const train = (count: number) => {
    let loss = Number.NaN
    for (let i = 0; i < count; i++) {
      optimizer.zeroGrad()
      const made = criterion(model(x), y) as Tensor
      made.backward()
      optimizer.step()
      loss = made.item()
    }
    return loss
  }
  return { model, optimizer, train, loss: train(steps) }
}

const linear = (model: nn.Sequential, i: number) => model[i] as nn.Linear
const difference = (a: Tensor, b: Tensor) => a.sub(b).abs().max().item()
function expectFollowed(optimizer: optim.SGD, model: nn.Module): void {
  const [{ params }] = optimizer.paramGroups as [{ params: readonly Tensor[] }]
  const wanted = model.parameters()
  expect(params.map((one, i) => one === wanted[i])).toEqual(wanted.map(() => true))
}
const shapes = (model: nn.Module) => model.parameters().map(({ shape }) => shape)

describe('widen', () => {
  test('a trained network computes the same, and learns on from where it was', () => {
    const { model, optimizer, train, loss } = trained()
    const before = model(x) as Tensor
    widen(linear(model, 0), 20, { model, optimizer })
    widen(linear(model, 2), 7, { model, optimizer })
    expect(shapes(model)).toEqual([[20, 3], [20], [7, 20], [7], [1, 7], [1]])
    expect(difference(model(x) as Tensor, before)).toBeLessThan(1e-6)
    expectFollowed(optimizer, model)
    // With what the optimizer kept it goes on without a jump.
    expect(train(2)).toBeLessThan(loss * 1.1)
    expect(train(300)).toBeLessThan(loss)
    expect(String(model[0])).toBe('Linear(in_features=3, out_features=20, bias=True)')
    expect(String(model[2])).toBe('Linear(in_features=20, out_features=7, bias=True)')
  })

  test('the momentum of a copy is its share of the old one, that of the next layer its own', () => {
    const { model, optimizer } = trained(5)
    const momentum = () =>
      Object.values(optimizer.stateDict().state).map((kept) => kept.momentum_buffer as Tensor)
    const [weight, , next] = momentum() as [Tensor, Tensor, Tensor]
    const outgoing = linear(model, 2).weight.detach().clone()
    widen(linear(model, 0), 9, { model, optimizer })
    const [wide, , wideNext] = momentum() as [Tensor, Tensor, Tensor]
    const [shares] = linear(model, 2)
      .weight.detach()
      .div(outgoing.indexSelect(1, indexOf(linear(model, 0).weight))) as unknown as Iterable<Tensor>
    const index = indexOf(linear(model, 0).weight)
    expect(difference(wideNext, next.indexSelect(1, index))).toBe(0)
    const expected = weight.indexSelect(0, index).mul(shares!.reshape(-1, 1))
    expect(difference(wide, expected)).toBeLessThan(1e-6)
  })

  /** Which row each row copies. */
  function indexOf(weight: Tensor): Tensor {
    const rows = weight.tolist() as unknown as number[][]
    return tensor(
      rows.map((row) => rows.findIndex((other) => String(other) === String(row))),
      { dtype: 'int64' }
    )
  }

  test('copies learn different things from then on', () => {
    const { model, optimizer, train } = trained(50)
    widen(linear(model, 0), 9, { model, optimizer })
    const index = indexOf(linear(model, 0).weight).tolist() as unknown as number[]
    const source = index[8] as number
    train(20)
    const rows = linear(model, 0).weight.detach()
    expect(difference(rows.index(8), rows.index(source))).toBeGreaterThan(1e-5)
  })

  test('by seed', () => {
    const grown = (seed: number) => {
      const { model } = trained(0)
      widen(linear(model, 0), 12, { model, generator: new Generator().manualSeed(seed) })
      return linear(model, 2).weight.tolist()
    }
    expect(grown(1)).toEqual(grown(1))
    expect(grown(1)).not.toEqual(grown(2))
  })

  test('of the last layer, and where the next one is told', () => {
    const { model } = trained(0)
    const before = (model(x) as Tensor).tolist() as unknown as number[][]
    widen(linear(model, 4), 3, { next: null })
    const after = (model(x) as Tensor).tolist() as unknown as number[][]
    expect(after).toHaveLength(before.length)
    for (const [i, row] of after.entries()) {
      expect(row).toEqual(Array(3).fill(expect.closeTo(before[i]![0]!, 5)))
    }
    widen(linear(model, 0), 10, { next: model[2] as nn.Module })
    expect(shapes(model)[2]).toEqual([6, 10])
  })
})

describe('pruneNeurons', () => {
  test('which ones stay: the rest is as it was, with its momentum', () => {
    const { model, optimizer } = trained(5)
    const [weight, , next] = model.parameters().map((one) => one.detach().clone())
    const kept = optimizer.stateDict().state['2']!.momentum_buffer as Tensor
    const index = tensor([1, 4, 6], { dtype: 'int64' })
    pruneNeurons(linear(model, 0), [1, 4, 6], { model, optimizer })
    const state = optimizer.stateDict().state['2']!.momentum_buffer as Tensor
    expect(linear(model, 0).weight.tolist()).toEqual(weight!.indexSelect(0, index).tolist())
    expect(linear(model, 2).weight.tolist()).toEqual(next!.indexSelect(1, index).tolist())
    expect(state.tolist()).toEqual(kept.indexSelect(1, index).tolist())
    expect(linear(model, 2).inFeatures).toBe(3)
  })

  test('how many stay: those with the largest weights, a unit without effect goes first', () => {
    const { model, train, optimizer } = trained()
    const before = model(x) as Tensor
    linear(model, 2).weight.detach().index(':', 3).zero_()
    const muted = model(x) as Tensor
    pruneNeurons(linear(model, 0), 7, { model, optimizer })
    expect(difference(model(x) as Tensor, muted)).toBeLessThan(1e-6)
    expect(difference(before, muted)).toBeGreaterThan(1e-6)
    pruneNeurons(linear(model, 0), 4, { model, optimizer })
    const [first, later] = [train(1), train(300)]
    expect(later).toBeLessThan(first)
  })

  test('takes back what widen added', () => {
    const { model, optimizer } = trained()
    const before = model(x) as Tensor
    widen(linear(model, 0), 8, { model, optimizer })
    pruneNeurons(linear(model, 0), 8, { model, optimizer })
    expect(difference(model(x) as Tensor, before)).toBe(0)
  })
})

test('refuse what does not fit, and change nothing', () => {
  const { model, optimizer } = trained(0)
  const before = JSON.stringify(shapes(model))
  const first = linear(model, 0)
  expect(() => widen(first, 4, { model })).toThrow(/units: expected at least 8/)
  expect(() => widen(first, 9.5, { model })).toThrow(/units/)
  expect(() => widen(model[1] as never, 9, { model })).toThrow(/layer: expected a Linear/)
  expect(() => widen(5 as never, 9, { model })).toThrow(/layer: expected a Linear/)
  expect(() => widen(first, 9)).toThrow(/model: expected the sequence/)
  expect(() => widen(linear(model, 4), 9, { model })).toThrow(/next: null/)
  expect(() => widen(first, 9, { next: linear(model, 4) })).toThrow(/takes in 8 units/)
  expect(() => pruneNeurons(first, 9, { model })).toThrow(/keep: expected 1 to 8/)
  expect(() => pruneNeurons(first, 0, { model })).toThrow(/keep/)
  expect(() => pruneNeurons(first, [], { model })).toThrow(/keep/)
  expect(() => pruneNeurons(first, [8], { model })).toThrow(/keep: expected units below 8/)
  expect(() => pruneNeurons(first, [1, 1], { model })).toThrow(/keep: expected each unit once/)
  expect(() => widen(first, 9, { model, more: 1 } as never)).toThrow(/unknown option/)
  expect(JSON.stringify(shapes(model))).toBe(before)
  expectFollowed(optimizer, model)
})

describe('a sequence gains and loses layers', () => {
  const keptFor = (optimizer: optim.SGD, parameter: Tensor): Tensor | undefined => {
    const all = optimizer.paramGroups.flatMap(({ params }) => params)
    const kept = optimizer.stateDict().state[String(all.indexOf(parameter))]
    return kept?.momentum_buffer as Tensor | undefined
  }
  const expectAll = (optimizer: optim.SGD, model: nn.Module) => {
    const held = new Set(optimizer.paramGroups.flatMap(({ params }) => params))
    const wanted = model.parameters()
    expect([held.size, wanted.every((one) => held.has(one))]).toEqual([wanted.length, true])
  }

  test('insert: an identity changes nothing, is trained, and the others keep their momentum', () => {
    const { model, optimizer, train } = trained()
    const [before, kept] = [model(x) as Tensor, keptFor(optimizer, linear(model, 2).weight)!]
    for (const group of optimizer.paramGroups) group.lr = 0.01
    const identity = new nn.Linear(8, 8)
    nn.init.eye_(identity.weight)
    nn.init.zeros_(identity.bias!)
    model.insert(2, identity, { optimizer })
    expect(model.size).toBe(6)
    expect(difference(model(x) as Tensor, before)).toBeLessThan(1e-6)
    expectAll(optimizer, model)
    expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
      [0.01, 0.5],
      [0.01, 0.5]
    ])
    expect(keptFor(optimizer, linear(model, 3).weight)!.tolist()).toEqual(kept.tolist())
    train(1)
    expect(identity.weight.equal(nn.init.eye_(identity.weight.detach().clone()))).toBe(false)
  })

  test('remove and replace: what is gone is no longer trained', () => {
    const { model, optimizer } = trained(3)
    const kept = keptFor(optimizer, linear(model, 4).weight)!
    const gone = model.remove(2, { optimizer }) as nn.Linear
    model.replace(2, new nn.Identity(), { optimizer })
    const old = model.replace(-1, new nn.Linear(8, 1), { optimizer }) as nn.Linear
    expect(model.children().map(({ constructor: { name } }) => name)).toEqual([
      'Linear',
      'ReLU',
      'Identity',
      'Linear'
    ])
    expectAll(optimizer, model)
    expect([gone.outFeatures, old.inFeatures]).toEqual([6, 6])
    expect(kept.shape).toEqual([1, 6])
    model.append(new nn.ReLU())
    expect(Object.keys(model.stateDict())).toEqual(['0.weight', '0.bias', '3.weight', '3.bias'])
  })

  test('wrong indices and names', () => {
    const { model } = trained(0)
    expect(() => model.insert(6, new nn.ReLU())).toThrow(RangeError)
    expect(() => model.remove(-6)).toThrow(RangeError)
    expect(() => model.replace(0, 5 as never)).toThrow(/module: expected an nn.Module/)
    expect(() => model.remove(0, { optimiser: 1 } as never)).toThrow(/unknown option/)
    const named = new nn.Sequential({ first: new nn.Linear(1, 1) })
    expect(() => named.insert(0, new nn.ReLU())).toThrow(/insert: names: expected '0', '1'/)
    named.replace(0, new nn.ReLU())
    expect(String(named)).toBe('Sequential(\n  (first): ReLU()\n)')
  })
})

test('widening between convolutions, batch norms and a flatten, with Adam', () => {
  manualSeed(3)
  const images = rand(16, 1, 6, 6)
  const labels = images.sum([1, 2, 3]).greater(18).to('int64')
  const model = new nn.Sequential(
    new nn.Conv2d(1, 4, 3, 1, 1),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.Conv2d(4, 5, 3),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(80, 2)
  )
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
  const loss = new nn.CrossEntropyLoss()
  const train = (steps: number) => {
    model.train()
    let made = 0
    for (let i = 0; i < steps; i++) {
      optimizer.zeroGrad()
      const one = loss(model(images) as Tensor, labels) as Tensor
      one.backward()
      optimizer.step()
      made = one.item()
    }
    model.eval()
    return made
  }
  const trainedTo = train(20)
  const before = model(images) as Tensor
  widen(model[0] as nn.Conv2d, 7, { model, optimizer })
  widen(model[3] as nn.Conv2d, 9, { model, optimizer })
  expect(difference(model(images) as Tensor, before)).toBeLessThan(1e-5)
  expect((model[1] as nn.BatchNorm2d).numFeatures).toBe(7)
  expect((model[6] as nn.Linear).inFeatures).toBe(144)
  expect(train(20)).toBeLessThan(trainedTo)
  pruneNeurons(model[3] as nn.Conv2d, 3, { model, optimizer })
  pruneNeurons(model[0] as nn.Conv2d, 2, { model, optimizer })
  expect((model(images) as Tensor).shape).toEqual([16, 2])
  const [first, later] = [train(1), train(30)]
  expect(later).toBeLessThan(first)
})
