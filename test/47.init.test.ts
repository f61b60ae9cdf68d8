import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { nn, setNumThreads } from 'node-libtorch'

import { camelCase } from './parity/functional'
import { call, calls, gains } from './parity/init'
import { runPython } from './parity/python'

interface Reference {
  gains: number[]
  names: string[]
  calls: string[][]
}
const { init } = nn
setNumThreads(1)

describe('the same bits as in Python', () => {
  const reference = runPython<Reference>('init.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference

  test('every function that Python has is here, and in the table', () => {
    const tested = new Set(calls.map(([name]) => name))
    expect(result.names.filter((name) => !(camelCase(name) in init))).toEqual([])
    expect(result.names.filter((name) => !tested.has(name))).toEqual([])
  })

  test('gains', () => {
    expect(gains()).toEqual(result.gains)
  })

  test.each(calls.map((line, i) => [JSON.stringify(line), i] as const))('%s', (_, i) => {
    expect(call(calls[i]!)).toEqual(result.calls[i])
  })
})

describe('filling', () => {
  test('happens outside the graph, in the tensor itself, which it returns', () => {
    const { weight } = new nn.Linear(3, 2)
    expect(init.constant_(weight, 0.5)).toBe(weight)
    expect([weight.requiresGrad, weight.isLeaf]).toEqual([true, true])
    expect(weight.tolist()).toEqual(Array(2).fill(Array(3).fill(0.5)))
  })

  test('leaves no tensors behind', () => {
    const tensor = torch.zeros(8, 8)
    torch.sweep()
    const before = torch.memory().liveTensors
    init.sparse_(tensor, 0.5)
    init.orthogonal_(tensor)
    init.truncNormal_(tensor)
    init.dirac_(tensor.view(4, 4, 4))
    expect(torch.memory().liveTensors).toBeLessThanOrEqual(before + 1)
  })

  test('an orthogonal matrix times its transpose is the identity times gain^2', () => {
    const tensor = init.orthogonal_(torch.zeros(3, 5), { gain: 2 })
    expect(tensor.matmul(tensor.t()).allclose(torch.eye(3).mul(4), 1e-5, 1e-5)).toBe(true)
  })

  test('a truncated normal stays in its bounds, wherever these are', () => {
    for (const [mean, std, a, b] of [
      [0, 1, -2, 2],
      [0, 1, 3, 4],
      [5, 0.1, -1, 1]
    ] as const) {
      const tensor = init.truncNormal_(torch.zeros(500), mean, std, { a, b })
      expect([tensor.min().item() >= a, tensor.max().item() <= b]).toEqual([true, true])
    }
  })
})
