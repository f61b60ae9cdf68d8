import { describe, expect, test } from '@jest/globals'
import { nn, ones, setNumThreads, type Tensor, tensor, version, zeros } from 'node-libtorch'

import { calls, lines, type Result } from './parity/losses'
import { runPython } from './parity/python'

// The order of a sum, and so its last bit, depends on the number of threads.
setNumThreads(1)

/** Losses of Python's that are not here, or not compared here, and why. */
const notHere: Record<string, string> = {
  NLLLoss2d: 'deprecated: NLLLoss takes images',
  LinearCrossEntropyLoss: 'a Linear and CrossEntropyLoss, which Python computes in parts',
  AdaptiveLogSoftmaxWithLoss: 'a layer that gives its loss, too; test/68 compares it'
}

describe('the same bits as in Python', () => {
  const reference = runPython<{ names: string[]; calls: Result[][] }>('losses.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference

  test('every loss that Python has is here and in the table twice, or is listed with a reason', () => {
    const missing = result.names.filter((name) => !(name in nn))
    expect(missing.filter((name) => !notHere[name])).toEqual([])
    const counts = result.names.map((name) => lines.filter(([own]) => own === name).length)
    const rare = result.names.filter((name, i) => name in nn && !notHere[name] && counts[i]! < 2)
    expect(rare).toEqual([])
    expect(result.calls).toHaveLength(lines.length)
  })

  test.each(lines.map((line, i) => [JSON.stringify(line), i] as const))('%s', (_, i) => {
    expect(calls(lines[i]!)).toEqual(result.calls[i])
  })
})

describe('weights', () => {
  test('are buffers: no parameters, but in the state, and they move', () => {
    const loss = new nn.BCEWithLogitsLoss({ weight: ones(2), posWeight: tensor([1, 3]) })
    expect(loss.parameters()).toEqual([])
    expect(Object.keys(loss.stateDict())).toEqual(['weight', 'pos_weight'])
    expect(loss.to('float64').pos_weight!.dtype).toBe('float64')
    loss.loadStateDict({ weight: ones(2), pos_weight: tensor([5, 7]) })
    expect(loss.pos_weight!.tolist()).toEqual([5, 7])
    const input = zeros(2, { dtype: 'float64' })
    expect(loss(input, ones(2, { dtype: 'float64' })).item()).toBeCloseTo(6 * Math.log(2), 12)
  })

  test('that are null are not in the state', () => {
    const loss = new nn.CrossEntropyLoss({ weight: null })
    expect([loss.weight, loss.stateDict()]).toEqual([null, {}])
  })

  test('are part of the state of a model', () => {
    class Net extends nn.Module {
      layer = new nn.Linear(2, 3)
      loss = new nn.NLLLoss({ weight: ones(3) })
    }
    expect(Object.keys(new Net().stateDict())).toEqual([
      'layer.weight',
      'layer.bias',
      'loss.weight'
    ])
  })
})

describe('values', () => {
  test('of losses as PyTorch’s formulas give them', () => {
    const scores = tensor([[0, 0, 0]])
    expect(new nn.CrossEntropyLoss()(scores, tensor([1n])).item()).toBeCloseTo(Math.log(3), 6)
    expect(new nn.L1Loss({ reduction: 'none' })(tensor([1, -2]), zeros(2)).tolist()).toEqual([1, 2])
    expect(new nn.HuberLoss({ delta: 0.5 })(tensor([3]), zeros(1)).item()).toBe(0.5 * 2.75)
    const sum = new nn.KLDivLoss({ reduction: 'batchmean', logTarget: true })
    expect(sum(scores, scores).item()).toBe(0)
  })

  test('one variance for all', () => {
    const loss = new nn.GaussianNLLLoss({ reduction: 'sum' })
    const wanted = loss(tensor([1, 2]), zeros(2), tensor([4, 4])).item<number>()
    expect(loss(tensor([1, 2]), zeros(2), 4).item()).toBe(wanted)
    expect(wanted).toBeCloseTo((2 * Math.log(4) + 5 / 4) / 2, 6)
  })

  test('lengths as numbers', () => {
    const loss = new nn.CTCLoss()
    const scores = zeros(5, 1, 3).logSoftmax(2)
    const [targets, input, target] = [tensor([[1n, 2n]]), tensor([5n]), tensor([2n])]
    const wanted = loss(scores, targets, input, target).item()
    expect(loss(scores, targets, [5], [2]).item()).toBe(wanted)
  })

  test('a loss trains a classifier', () => {
    const weight = nn.Parameter(zeros(2, 2))
    const [x, y] = [
      tensor([
        [1, 0],
        [0, 1]
      ]),
      tensor([0n, 1n])
    ]
    const loss = new nn.CrossEntropyLoss()
    for (let step = 0; step < 50; step++) {
      weight.grad = null
      loss(x.matmul(weight), y).backward()
      weight.detach().sub_(weight.grad!)
    }
    expect(loss(x.matmul(weight), y).item()).toBeLessThan(0.1)
  })
})

describe('a distance of one’s own', () => {
  class Learnt extends nn.Module {
    scale = nn.Parameter(ones(2))
    override forward(a: Tensor, b: Tensor): Tensor {
      return a.sub(b).mul(this.scale).abs().sum(1)
    }
  }
  const [anchor, near, far] = [tensor([[0, 0]]), tensor([[1, 0]]), tensor([[2, 2]])]

  test('is part of the loss, where it is a module', () => {
    const loss = new nn.TripletMarginWithDistanceLoss({ distanceFunction: new Learnt(), margin: 5 })
    expect(Object.keys(loss.stateDict())).toEqual(['distance_function.scale'])
    expect(String(loss)).toBe('TripletMarginWithDistanceLoss(\n  (distance_function): Learnt()\n)')
    const value = loss(anchor, near, far)
    expect(value.item()).toBe(2)
    value.backward()
    expect(loss.parameters()[0]!.grad!.tolist()).toEqual([-1, -2])
  })

  test('is the Euclidean one without', () => {
    const loss = new nn.TripletMarginWithDistanceLoss({ margin: 5, distanceFunction: null })
    const distance = new nn.PairwiseDistance({ keepdim: true })
    expect(distance(anchor, far).shape).toEqual([1, 1])
    const wanted = 5 + 1 - distance(anchor, far).item<number>()
    expect(loss(anchor, near, far).item()).toBeCloseTo(wanted, 5)
    expect(
      new nn.PairwiseDistance({ p: Number.POSITIVE_INFINITY, eps: 0 })(anchor, far).item()
    ).toBe(2)
  })

  const make = (margin: number) => [
    () => new nn.TripletMarginLoss({ margin }),
    () => new nn.TripletMarginWithDistanceLoss({ margin })
  ]
  if (version.libtorch.startsWith('1.')) {
    test('takes any margin before libtorch 2', () => {
      for (const made of make(0)) expect(made).not.toThrow()
    })
  } else {
    test('takes margins above 0 alone from libtorch 2 on', () => {
      for (const made of make(0)) expect(made).toThrow(/margin: expected a number above 0, got/)
    })
  }
})
