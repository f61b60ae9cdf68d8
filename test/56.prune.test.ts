import { describe, expect, test } from '@jest/globals'
import {
  arange,
  nn,
  ones,
  optim,
  scope,
  setNumThreads,
  type Tensor,
  tensor,
  toMessage
} from 'node-libtorch'

import { pruning } from './parity/prune'
import { runPython } from './parity/python'

const { prune } = nn.utils
setNumThreads(1)
const error = (name: string) => expect.objectContaining({ name })
const zerosIn = (weight: Tensor) => weight.eq(0).sum().item()

describe('as in Python', () => {
  const reference = runPython<Record<string, unknown>>('prune.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference
  const found = pruning()

  test.each(Object.keys(result))('%s', (name) => {
    expect(found[name]).toEqual(result[name])
  })
})

describe('pruning', () => {
  test('keeps weights at 0 through training, and after it is removed', () => {
    const layer = prune.l1Unstructured(new nn.Linear(4, 4), 'weight', 0.5)
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1, momentum: 0.9 })
    const { weight_orig: orig } = layer as unknown as { weight_orig: Tensor }
    for (let i = 0; i < 5; i++) {
      optimizer.zeroGrad()
      layer(ones(1, 4)).square().sum().backward()
      optimizer.step()
      expect(zerosIn(layer.weight)).toBe(8)
    }
    expect(prune.remove(layer, 'weight')).toBe(layer)
    expect(layer.weight).toBe(orig)
    expect([zerosIn(layer.weight), zerosIn(orig)]).toEqual([8, 8])
    optimizer.zeroGrad()
    layer(ones(1, 4)).square().sum().backward()
    optimizer.step()
    expect(zerosIn(layer.weight)).toBeLessThan(8)
  })

  test('rounds shares as Python does', () => {
    const pruned = (size: number, amount: number) =>
      zerosIn(prune.l1Unstructured(new nn.Linear(size, 1), 'weight', amount).weight)
    expect([pruned(5, 0.1), pruned(5, 0.3), pruned(5, 0.5), pruned(5, 0.31)]).toEqual([0, 2, 2, 2])
    expect([pruned(5, 1), pruned(5, 5)]).toEqual([1, 5])
  })

  test('of a frozen parameter leaves it out of nothing', () => {
    const layer = new nn.Linear(3, 3).requiresGrad_(false)
    prune.l1Unstructured(layer, 'weight', 2)
    expect(layer.namedParameters().map(([name]) => name)).toEqual(['bias', 'weight_orig'])
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight_orig', 'weight_mask'])
  })

  test('that is refused changes nothing', () => {
    const layer = new nn.Linear(3, 2)
    const names = () => Object.keys(layer.stateDict())
    const calls: [() => unknown, string][] = [
      [() => prune.l1Unstructured(layer, 'weight', 7), 'RangeError'],
      [() => prune.lnStructured(layer, 'bias', 1, 2, 0), 'RangeError'],
      [() => prune.lnStructured(layer, 'weight', 1, 2, 2), 'RangeError'],
      [() => prune.randomStructured(layer, 'weight', 3, 0), 'RangeError'],
      [() => prune.customFromMask(layer, 'weight', ones(3)), 'RangeError'],
      [() => prune.identity(layer, 'weights'), 'TypeError'],
      [() => prune.remove(layer, 'weight'), 'TypeError']
    ]
    for (const [call, name] of calls) expect(call).toThrow(error(name))
    expect([names(), prune.isPruned(layer)]).toEqual([['weight', 'bias'], false])
    prune.l1Unstructured(layer, 'weight', 4)
    const { weight } = layer
    expect(() => prune.l1Unstructured(layer, 'weight', 3)).toThrow(/at most the 2 units/)
    expect(layer.weight).toBe(weight)
    layer(ones(3))
    expect(zerosIn(layer.weight)).toBe(4)
  })

  test('by a method of one\u2019s own', () => {
    class EveryOther extends prune.PruningMethod {
      readonly type = 'unstructured'
      override computeMask(_scores: Tensor, mask: Tensor): Tensor {
        const made = mask.clone()
        made.view(-1).indexPut_(['::2'], 0)
        return made
      }
    }
    const layer = new nn.Linear(4, 1)
    prune.apply(layer, 'weight', new EveryOther())
    expect(layer.weight.eq(0).tolist()).toEqual([[true, false, true, false]])
    prune.apply(layer, 'weight', new EveryOther())
    expect(layer.weight.eq(0).tolist()).toEqual([[true, true, true, false]])
  })

  test('of several weights as one prunes the least of all', () => {
    const net = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 1))
    nn.utils.vectorToParameters(arange(9), net.parameters())
    prune.globalUnstructured(
      [
        [net[1]!, 'weight'],
        [net[0]!, 'weight']
      ],
      prune.L1Unstructured,
      { amount: 3 }
    )
    expect((net[0] as nn.Linear).weight.tolist()).toEqual([
      [0, 0],
      [0, 3]
    ])
    expect(zerosIn((net[1] as nn.Linear).weight)).toBe(0)
    expect(() =>
      prune.globalUnstructured([[net[0]!, 'weight']], prune.RandomStructured, { amount: 1 })
    ).toThrow(/pruningMethod: expected one that prunes single weights/)
  })

  test('travels as a state: names and masks are those of the weights', () => {
    const layer = prune.l1Unstructured(new nn.Linear(2, 2), 'weight', 2)
    expect(toMessage(layer.stateDict())).toBeDefined()
    const other = prune.identity(new nn.Linear(2, 2), 'weight')
    other.loadStateDict(layer.stateDict())
    const x = tensor([[1, 2]])
    expect(other(x).equal(layer(x))).toBe(true)
  })
})

test('a training step in a scope leaves what is pruned usable', () => {
  const layer = new nn.Linear(4, 2)
  const x = ones(3, 4)
  scope(() => prune.l1Unstructured(layer, 'weight', 2))
  scope(() => {
    layer(x).sum().backward()
  })
  scope(() => {
    layer(x)
  })
  prune.l1Unstructured(layer, 'weight', 1)
  prune.remove(layer, 'weight')
  expect(layer.weight.eq(0).sum().item()).toBe(3)
})
