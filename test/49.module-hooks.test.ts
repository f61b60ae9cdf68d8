import { describe, expect, test } from '@jest/globals'
import { memory, nn, ones, setNumThreads, sweep, type Tensor, tensor } from 'node-libtorch'

import { hooks } from './parity/hooks'
import { runPython } from './parity/python'

setNumThreads(1)
const input = (): Tensor => tensor([[1, -2]], { requiresGrad: true })
const row = () => new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU(), new nn.Linear(2, 1))

describe('as in Python', () => {
  const reference = runPython<ReturnType<typeof hooks>>('hooks.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference
  const found = hooks()

  test('around forward', () => {
    expect(found.forward).toEqual(result.forward)
  })

  test('around backward', () => {
    expect(found.backward).toEqual(result.backward)
  })

  // PyTorch has them from 2.0 on.
  test('before backward', () => {
    if (result.backwardPre !== null) expect(found.backwardPre).toEqual(result.backwardPre)
  })
})

describe('hooks', () => {
  test('are called in the order of their registration, or first', () => {
    const layer = new nn.Linear(2, 1)
    const order: string[] = []
    const note = (name: string) => () => void order.push(name)
    layer.registerForwardHook(note('a'))
    layer.registerForwardHook(note('b'), { prepend: true })
    layer.registerForwardPreHook(note('pre'))
    layer.registerFullBackwardHook(note('backward'))
    layer.registerFullBackwardPreHook(note('before'))
    layer(input()).sum().backward()
    expect(order).toEqual(['pre', 'b', 'a', 'before', 'backward'])
  })

  test('added or removed while they run count from the next call', () => {
    const layer = new nn.ReLU()
    let calls = 0
    const count = () => void calls++
    const handle = layer.registerForwardHook(() => {
      handle.remove()
      layer.registerForwardHook(count)
    })
    layer.registerForwardHook(count)
    layer(input())
    expect(calls).toBe(1)
    layer(input())
    expect(calls).toBe(3)
  })

  test('the same function twice is called twice, until both are removed', () => {
    const layer = new nn.ReLU()
    let calls = 0
    const hook = () => void calls++
    const handles = [layer.registerForwardHook(hook), layer.registerForwardHook(hook)]
    layer(input())
    handles[0]!.remove()
    handles[0]!.remove()
    layer(input())
    handles[1]!.remove()
    layer(input())
    expect(calls).toBe(3)
  })

  test('what a hook throws, the call throws, and the next one works', () => {
    const layer = new nn.Linear(2, 1)
    const handle = layer.registerFullBackwardHook(() => {
      throw new RangeError('from the hook')
    })
    expect(() => layer(input()).sum().backward()).toThrow('from the hook')
    handle.remove()
    layer(input()).sum().backward()
    expect(layer.weight.grad).not.toBeNull()
  })

  test('of a Sequential whose layers run as one are called, and later they run as one again', () => {
    const net = row()
    const before = net(input()) as Tensor
    let calls = 0
    const handle = net[1]!.registerForwardHook((_module, _inputs, output: Tensor) => {
      calls++
      return output.mul(0)
    })
    expect((net(input()) as Tensor).equal((net[2] as nn.Linear).bias!.unsqueeze(0))).toBe(true)
    expect(calls).toBe(1)
    handle.remove()
    const x = input()
    net(x)
    const held = () => memory().liveTensors + memory().waitingTensors
    const start = held()
    expect(before.equal(net(x))).toBe(true)
    expect(held() - start).toBeLessThanOrEqual(1)
    expect(calls).toBe(1)
  })

  test('a module may return what has no tensors', () => {
    class Text extends nn.Module {
      override forward(_x: Tensor): string {
        return 'text'
      }
    }
    const module = new Text()
    module.registerFullBackwardHook(() => undefined)
    expect(module(input())).toBe('text')
  })

  test('leave no tensors behind', () => {
    const layer = new nn.Linear(2, 2)
    layer.registerFullBackwardHook((_, [grad]) => [grad!.mul(2)])
    layer.registerFullBackwardPreHook((_, [grad]) => [grad!.mul(2)])
    const step = () => {
      layer(ones(4, 2).requiresGrad_()).sum().backward()
      layer.zeroGrad()
    }
    for (let i = 0; i < 1500; i++) step()
    sweep()
    const before = memory().liveTensors
    for (let i = 0; i < 3000; i++) step()
    sweep()
    expect(memory().liveTensors - before).toBeLessThan(1500)
  })
})
