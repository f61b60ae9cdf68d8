import { describe, expect, test } from '@jest/globals'
import {
  type Tensor,
  inferenceMode,
  isGradEnabled,
  isInferenceModeEnabled,
  ops,
  setGradEnabled,
  tensor
} from 'node-libtorch'

const leaf = (data: number | number[]) => tensor(data, { requiresGrad: true })

describe('registerHook', () => {
  test('is called with the gradient of a leaf or of a result', () => {
    const x = leaf([1, 2])
    const y = x.square()
    const seen: unknown[] = []
    x.registerHook((grad) => void seen.push(['x', grad.tolist()]))
    y.registerHook((grad) => void seen.push(['y', grad.tolist()]))
    y.mul(3).sum().backward()
    expect(seen).toEqual([
      ['y', [3, 3]],
      ['x', [6, 12]]
    ])
  })

  test('what it returns takes the place of the gradient, for the next hook too', () => {
    const x = leaf([1, 2])
    x.registerHook((grad) => grad.mul(10))
    x.registerHook(() => null)
    x.registerHook((grad) => grad.add(1))
    x.sum().backward()
    expect(x.grad!.tolist()).toEqual([11, 11])
  })

  test('remove takes off that hook only, twice is once', () => {
    const x = leaf([1])
    const first = x.registerHook((grad) => grad.mul(2))
    x.registerHook((grad) => grad.mul(3))
    first.remove()
    first.remove()
    x.sum().backward()
    expect(x.grad!.item()).toBe(3)
  })

  test('may take itself off, and put others on, while it runs', () => {
    const x = leaf([1])
    let calls = 0
    const handle = x.registerHook((grad) => {
      calls++
      handle.remove()
      for (let i = 0; i < 100; i++) x.registerHook((other) => other)
      return grad.mul(5)
    })
    x.sum().backward()
    x.sum().backward()
    expect([calls, x.grad!.item()]).toEqual([1, 6])
  })

  test('stays on a result whose object is gone, and its handle still takes it off', () => {
    const x = leaf([1])
    let handle: { remove(): void } | undefined
    const make = () => {
      const y = x.mul(2)
      handle = y.registerHook((grad) => grad.mul(100))
      const z = y.mul(1)
      y.dispose()
      return z
    }
    make().sum().backward()
    expect(x.grad!.item()).toBe(200)
    const z = make()
    handle!.remove()
    z.sum().backward()
    expect(x.grad!.item()).toBe(202)
  })

  test('what it throws is what backward throws, and the next backward works', () => {
    const x = leaf([1])
    const thrown = new Error('mine')
    const handle = x.registerHook(() => {
      throw thrown
    })
    let caught: unknown
    try {
      x.sum().backward()
    } catch (error) {
      caught = error
    }
    expect(caught).toBe(thrown)
    handle.remove()
    x.mul(4).sum().backward()
    expect(x.grad!.item()).toBe(4)
  })

  test('a gradient of another shape, or no tensor, is an error', () => {
    const x = leaf([1, 2])
    const handle = x.registerHook(() => tensor([1, 2, 3]))
    expect(() => x.sum().backward()).toThrow(/changed the size/)
    handle.remove()
    x.registerHook((() => 5) as never)
    expect(() => x.sum().backward()).toThrow(/hook that returns a Tensor or nothing, got number 5/)
    expect(() => tensor(1).registerHook(() => {})).toThrow(/require/)
  })

  test('sees the mode of the backward: recording with createGraph only', () => {
    const x = leaf([3])
    const modes: boolean[] = []
    x.registerHook(() => void modes.push(isGradEnabled()))
    x.square().backward()
    x.square().backward({ createGraph: true })
    expect(modes).toEqual([false, true])
  })

  test('many on one tensor, put on and taken off, leave the last', () => {
    const x = leaf([1])
    for (let i = 0; i < 500; i++) x.registerHook((grad) => grad.mul(2)).remove()
    x.registerHook((grad) => grad.mul(7))
    x.sum().backward()
    expect(x.grad!.item()).toBe(7)
  })
})

describe('retainGrad', () => {
  test('gives a result its gradient', () => {
    const x = leaf([1, 2])
    const y = x.mul(2)
    expect(y.retainsGrad).toBe(false)
    y.retainGrad()
    y.retainGrad()
    y.square().sum().backward()
    expect([y.retainsGrad, y.grad!.tolist()]).toEqual([true, [4, 8]])
  })

  test('of a leaf changes nothing, without requiresGrad it is an error', () => {
    const x = leaf([1])
    x.retainGrad()
    expect(x.retainsGrad).toBe(false)
    expect(() => tensor(1).retainGrad()).toThrow(/requires_grad=False|require/)
  })
})

describe('inferenceMode', () => {
  const isInference = (x: Tensor) => ops.aten.is_inference!(x)

  test('records nothing, makes inference tensors, and ends', () => {
    const x = leaf([1])
    const y = inferenceMode(() => {
      expect([isInferenceModeEnabled(), isGradEnabled()]).toEqual([true, false])
      return x.mul(2)
    })
    expect([isInferenceModeEnabled(), isGradEnabled()]).toEqual([false, true])
    expect([y.requiresGrad, isInference(y), isInference(x.mul(2))]).toEqual([false, true, false])
    expect(() => x.mul(y)).toThrow(/[Ii]nference/)
    expect(x.mul(y.clone()).requiresGrad).toBe(true)
  })

  test('nests, with mode false it is off, and a throw leaves it', () => {
    const seen = inferenceMode(() => [
      isInferenceModeEnabled(),
      inferenceMode(() => [isInferenceModeEnabled(), isGradEnabled()], false),
      isInferenceModeEnabled()
    ])
    expect(seen).toEqual([true, [false, true], true])
    expect(() =>
      inferenceMode(() => {
        throw new Error('mine')
      })
    ).toThrow('mine')
    expect(() => inferenceMode(async () => 1)).toThrow(/inferenceMode: expected a synchronous/)
    expect([isInferenceModeEnabled(), isGradEnabled()]).toEqual([false, true])
  })
})

test('setGradEnabled runs a function with the mode given', () => {
  expect(setGradEnabled(false, isGradEnabled)).toBe(false)
  expect(setGradEnabled(false, () => setGradEnabled(true, isGradEnabled))).toBe(true)
  expect(isGradEnabled()).toBe(true)
})
