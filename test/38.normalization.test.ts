// What the comparison with Python (test/68) does not show of layers of normalisation, activation,
// dropout and embedding: chains, changes of options and mode, fromPretrained, errors.
import { describe, expect, test } from '@jest/globals'
import {
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  randn,
  type Tensor,
  tensor,
  version
} from 'node-libtorch'

const error = (name: string) => expect.objectContaining({ name })
const int64 = (data: number | number[] | number[][]) => tensor(data, { dtype: 'int64' })
const namesOf = (named: [string, Tensor][]) => named.map(([name]) => name)

describe('a Sequential of libtorch classes', () => {
  const make = () =>
    new nn.Sequential(
      new nn.Linear(3, 4),
      new nn.BatchNorm1d(4),
      new nn.LeakyReLU(0.2),
      new nn.Dropout(0.5),
      new nn.Linear(4, 4),
      new nn.LayerNorm(4),
      new nn.GELU(),
      new nn.Tanh(),
      new nn.SiLU({ inplace: true }),
      new nn.ELU(0.5),
      new nn.Sigmoid(),
      new nn.LogSoftmax(),
      new nn.Softmax(1)
    )
  const byHand = (modules: nn.Module[], input: Tensor) =>
    modules.reduce((output, module) => module(output) as Tensor, input)

  test.each([true, false])(
    'is one native call, with the bits of one by one; training: %s',
    (mode) => {
      manualSeed(3)
      const net = make().train(mode)
      const x = randn(5, 3)
      const state = Object.entries(net.stateDict()).map(
        ([name, one]) => [name, one.clone()] as const
      )
      manualSeed(4)
      const output = net(x)
      output.sum().backward()
      const grads = net.parameters().map(({ grad }) => grad!.clone())
      const after = Object.values(net.stateDict()).map((one) => one.clone())
      net.zeroGrad()
      net.loadStateDict(Object.fromEntries(state))
      manualSeed(4)
      const again = byHand(net.children(), x)
      again.sum().backward()
      expect(output.equal(again)).toBe(true)
      expect(net.parameters().map(({ grad }, i) => grad!.equal(grads[i]!))).not.toContain(false)
      expect(Object.values(net.stateDict()).map((one, i) => one.equal(after[i]!))).not.toContain(
        false
      )
    }
  )

  test('follows the mode of its parts, however it is set', () => {
    const drop = new nn.Dropout(0.5)
    const net = new nn.Sequential(new nn.Tanh(), drop)
    const x = ones(1000)
    const zeros = () => net(x).eq(0).sum().item()
    expect(zeros()).toBeGreaterThan(400)
    net.eval()
    expect([zeros(), drop.training]).toEqual([0, false])
    drop.training = true
    expect(zeros()).toBeGreaterThan(400)
    expect(() => (drop.training = 1 as never)).toThrow(error('TypeError'))
  })

  test('follows options that are changed', () => {
    const drop = new nn.Dropout(0.5)
    const slope = new nn.LeakyReLU()
    const net = new nn.Sequential(drop, slope)
    const x = tensor([-2, 4])
    drop.p = 0
    slope.negativeSlope = 0.5
    expect(net(x).tolist()).toEqual([-1, 4])
    expect(String(slope)).toBe('LeakyReLU(negative_slope=0.5)')
    drop.p = 1
    expect(net(x.abs()).tolist()).toEqual([0, 0])
    expect(() => (drop.p = 2)).toThrow(error('RangeError'))
    expect(drop.p).toBe(1)
  })
})

describe('BatchNorm', () => {
  test('takes a new momentum, for all averages too', () => {
    const norm = new nn.BatchNorm1d(1)
    norm.momentum = null
    for (const value of [0, 6, 3]) norm(tensor([[value - 1], [value + 1]]))
    expect([norm.running_mean!.item(), norm.num_batches_tracked!.item()]).toEqual([3, 3])
    norm.momentum = 1
    norm(tensor([[9], [11]]))
    expect([norm.running_mean!.item(), norm.running_var!.item()]).toEqual([10, 2])
    expect(() => (norm.momentum = 'x' as never)).toThrow(error('TypeError'))
  })

  test('has parameters and buffers of its own, and computes with those it is given', () => {
    const norm = new nn.BatchNorm2d(2)
    expect(namesOf(norm.namedParameters())).toEqual(['weight', 'bias'])
    const buffers = ['running_mean', 'running_var', 'num_batches_tracked']
    expect(namesOf(norm.namedBuffers())).toEqual(buffers)
    expect(Object.keys(norm.stateDict())).toEqual(['weight', 'bias', ...buffers])
    norm.running_mean = tensor([1, 2])
    expect(namesOf(norm.namedBuffers())).toEqual(buffers)
    norm.eval()
    const output = norm(ones(1, 2, 1, 1))
    expect(output.view(-1).tolist()[0]).toBe(0)
    const free = new nn.BatchNorm2d(2, { affine: false, trackRunningStats: false })
    expect([free.weight, free.running_mean, free.buffers(), free.parameters()]).toEqual([
      null,
      null,
      [],
      []
    ])
  })

  test('keeps its counter whole in another dtype', () => {
    const made = new nn.BatchNorm1d(2, { dtype: 'float64' })
    const moved = new nn.BatchNorm1d(2).to('float64')
    for (const { running_mean: mean, num_batches_tracked: count } of [made, moved]) {
      expect([mean!.dtype, count!.dtype]).toEqual(['float64', 'int64'])
    }
  })

  test('refuses one value per channel only when training', () => {
    const norm = new nn.BatchNorm1d(2)
    expect(() => norm(ones(1, 2))).toThrow(/more than 1 value per channel/)
    expect(norm.eval()(ones(1, 2)).shape).toEqual([1, 2])
  })

  test('has no bias where it shall have none', () => {
    for (const norm of [
      new nn.BatchNorm1d(2, { bias: false }),
      new nn.LayerNorm(2, { bias: false }),
      new nn.GroupNorm(1, 2, { bias: false }),
      new nn.InstanceNorm1d(2, { affine: true, bias: false })
    ]) {
      expect(namesOf(norm.namedParameters())).toEqual(['weight'])
      const x = randn(3, 2, ...(norm instanceof nn.BatchNorm1d ? [] : [2]))
      norm(x).sum().backward()
      expect(norm.weight!.grad!.shape).toEqual([2])
    }
  })
})

test('RMSNorm says which libtorch it needs', () => {
  const [major, minor] = version.libtorch.split('.').map(Number) as [number, number]
  if (major > 2 || (major === 2 && minor >= 4)) {
    expect(
      new nn.RMSNorm(2)(tensor([3, 4]))
        .pow(2)
        .mean()
        .item()
    ).toBeCloseTo(1)
  } else {
    expect(() => new nn.RMSNorm(2)).toThrow(/RMSNorm: the loaded libtorch .*; use 2\.4 or newer/)
  }
})

describe('activations', () => {
  test('take options by position, by name or both', () => {
    const x = tensor([-2, 4])
    for (const layer of [
      new nn.LeakyReLU(0.5),
      new nn.LeakyReLU(0.5, false),
      new nn.LeakyReLU(0.5, { inplace: false }),
      new nn.LeakyReLU({ negativeSlope: 0.5 })
    ]) {
      expect(layer(x).tolist()).toEqual([-1, 4])
    }
    expect(() => new nn.LeakyReLU(0.5, { negativeSlope: 0.5 } as never)).toThrow(/give it once/)
    expect(new nn.CELU(0.5, { inplace: true })(x)).toBe(x)
  })

  test('are classes to derive from', () => {
    class Half extends nn.Hardtanh {
      constructor() {
        super(0, 0.5)
      }
    }
    expect(new Half()(tensor([-1, 2])).tolist()).toEqual([0, 0.5])
    expect(String(new Half())).toBe('Half(min_val=0.0, max_val=0.5)')
    class Doubled extends nn.Tanh {
      override forward(x: Tensor): Tensor {
        return super.forward(x).mul(2)
      }
    }
    const chain = new nn.Sequential(new nn.ReLU(), new Doubled())
    expect(chain(tensor([1])).item()).toBeCloseTo(2 * Math.tanh(1))
  })

  test('softmax without a dimension goes by the number of the input, call by call', () => {
    const softmax = new nn.Softmax()
    expect(softmax(ones(2, 4)).sum(1).tolist()).toEqual([1, 1])
    expect(
      softmax(ones(2, 4, 4))
        .select(1, 0)
        .sum(0)
        .tolist()
    ).toEqual([1, 1, 1, 1])
    expect(softmax(ones(2, 4)).sum(1).tolist()).toEqual([1, 1])
    softmax.dim = 0
    expect(softmax(ones(2, 4)).sum(0).tolist()).toEqual([1, 1, 1, 1])
  })

  test('PReLU learns its slope', () => {
    const layer = new nn.PReLU(1, { init: 0.5 })
    layer(tensor([-3, 2]))
      .sum()
      .backward()
    expect(layer.weight.grad!.tolist()).toEqual([-3])
  })

  test('AdaptiveLogSoftmaxWithLoss knows all log probabilities and the likeliest class', () => {
    const layer = new nn.AdaptiveLogSoftmaxWithLoss(16, 12, [2, 5])
    const x = randn(6, 16)
    const all = layer.logProb(x)
    expect(all.exp().sum(1).sub(1).abs().max().item()).toBeLessThan(1e-5)
    const target = layer.predict(x)
    expect(target.equal(all.argmax(1))).toBe(true)
    const [output, loss] = layer(x, target)
    expect(output.sub(all.max(1)[0]).abs().max().item()).toBeLessThan(1e-5)
    expect(loss.item()).toBeCloseTo(output.neg().mean().item())
  })
})

describe('embeddings', () => {
  const rows = () =>
    tensor([
      [1, 2],
      [3, 4],
      [5, 6]
    ])

  test('fromPretrained shares its table, frozen unless said', () => {
    const table = rows()
    const layer = nn.Embedding.fromPretrained(table)
    expect([layer.numEmbeddings, layer.embeddingDim, layer.weight.requiresGrad]).toEqual([
      3,
      2,
      false
    ])
    expect(namesOf(layer.namedParameters())).toEqual(['weight'])
    table.fill_(7)
    expect(layer(int64([0])).tolist()).toEqual([[7, 7]])
    const free = nn.Embedding.fromPretrained(rows(), { freeze: false, paddingIdx: -1 })
    free(int64([0, 2, 0]))
      .sum()
      .backward()
    expect(free.weight.grad!.tolist()).toEqual([
      [2, 2],
      [0, 0],
      [0, 0]
    ])
    expect(free.weight.tolist()).toEqual(rows().tolist())
    expect(String(free)).toBe('Embedding(3, 2, padding_idx=2)')
    const bag = nn.EmbeddingBag.fromPretrained(rows(), { mode: 'max' })
    expect(
      bag(
        int64([
          [0, 2],
          [1, 0]
        ])
      ).tolist()
    ).toEqual([
      [5, 6],
      [3, 4]
    ])
    expect(bag.weight.requiresGrad).toBe(false)
  })

  test('maxNorm shortens the rows that are looked up, in the table', () => {
    const layer = nn.Embedding.fromPretrained(rows(), { maxNorm: 1 })
    layer(int64([1]))
    expect(layer.weight.pow(2).sum(1).sqrt().lt(1.001).tolist()).toEqual([false, true, false])
  })

  test('the padding row is 0 at first and stays', () => {
    const layer = new nn.Embedding(3, 2, { paddingIdx: 1 })
    const optimizer = new optim.SGD(layer.parameters(), { lr: 1 })
    layer(int64([0, 1]))
      .sum()
      .backward()
    optimizer.step()
    expect(layer.weight.tolist()[1]).toEqual([0, 0])
  })

  test('sparse gradients make the steps that dense ones make', () => {
    const train = (sparse: boolean) => {
      const layer = new nn.Embedding(3, 2, { sparse })
      noGrad(() => layer.weight.copy_(rows()))
      const optimizer = new optim.SGD(layer.parameters(), { lr: 0.25 })
      for (let i = 0; i < 2; i++) {
        optimizer.zeroGrad()
        layer(int64([0, 0, 2]))
          .sum()
          .backward()
        optimizer.step()
      }
      return layer.weight.tolist()
    }
    expect(train(true)).toEqual(train(false))
  })

  test('bags by offsets are those of rows', () => {
    const bag = nn.EmbeddingBag.fromPretrained(rows(), { mode: 'sum' })
    expect(bag(int64([0, 1, 2, 2]), int64([0, 2])).tolist()).toEqual([
      [4, 6],
      [10, 12]
    ])
    expect(bag(int64([[0, 1]]), null, tensor([[2, 10]])).tolist()).toEqual([[32, 44]])
    expect(() => bag(int64([0, 1]))).toThrow(/offsets/)
  })
})
