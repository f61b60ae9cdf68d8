import { afterEach, describe, expect, test } from '@jest/globals'
import { type Tensor, autograd, tensor } from 'node-libtorch'

const { detectAnomaly, isAnomalyEnabled, setDetectAnomaly } = autograd
const leaf = (data: number | number[]) => tensor(data, { requiresGrad: true })

function thrownBy(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

/** The culprit of the tests: d/dx of 0 * sqrt(x) at 0 is 0 * infinity. */
function makesNaN(x: Tensor): Tensor {
  return x.sqrt().mul(0)
}

afterEach(() => setDetectAnomaly(false))

test('NaN names the backward function, and the JavaScript call that made it', () => {
  const { message, stack } = thrownBy(() =>
    detectAnomaly(() => makesNaN(leaf(0)).add(1).backward())
  )
  expect(message).toMatch(/^backward\(float32\[\]\): Function 'SqrtBackward0' returned nan values/)
  expect(message).toMatch(
    /\nSqrtBackward0 was made by the forward call\n(?: {4}at .*\n)*? {4}at .*34\.anomaly\.test\.ts:\d+/
  )
  expect(message).toContain('makesNaN')
  expect(message.endsWith('and failed in the backward call')).toBe(true)
  expect(stack).toContain(message)
})

test('without detection NaN is no error, nor without checkNan', () => {
  const x = leaf(0)
  makesNaN(x).backward()
  expect(x.grad!.item()).toBeNaN()
  expect(() => detectAnomaly(() => makesNaN(leaf(0)).backward(), { checkNan: false })).not.toThrow()
})

test('any other error shows the forward call as well', () => {
  const { message } = thrownBy(() =>
    detectAnomaly(() => {
      const y = leaf([1]).mul(1)
      const z = (function square() {
        return y.square()
      })()
      y.add_(1)
      z.backward()
    })
  )
  expect(message).toMatch(
    /modified by an inplace operation[\s\S]*PowBackward0 was made by[\s\S]*at square/
  )
})

test('a forward call before detection was on has left no stack', () => {
  const y = makesNaN(leaf(0))
  const { message } = thrownBy(() => detectAnomaly(() => y.backward()))
  expect(message).toMatch(/SqrtBackward0 was made by the forward call that is not known/)
})

test('in a second derivative, the backward is shown that made the node, and its forward', () => {
  const { message } = thrownBy(() =>
    detectAnomaly(() => {
      const x = leaf(0)
      const [first] = autograd.grad(x.pow(1.5), x, { createGraph: true })
      first!.backward({ gradient: tensor(0) })
    })
  )
  expect(message).toMatch(
    /returned nan[\s\S]*during the backward of PowBackward0, made by the call\n {4}at/
  )
})

test('an exception of JavaScript stays the very same', () => {
  const thrown = new Error('mine')
  const x = leaf(1)
  x.registerHook(() => {
    throw thrown
  })
  expect(thrownBy(() => detectAnomaly(() => x.mul(2).backward()))).toBe(thrown)
  expect(thrown.message).toBe('mine')
})

test('a function written in TypeScript that returns NaN', () => {
  class Broken extends autograd.Function {
    static override forward(_: autograd.FunctionContext, x: Tensor) {
      return x.clone()
    }
    static override backward(_: autograd.FunctionContext, grad: Tensor) {
      return grad.mul(Number.NaN)
    }
  }
  const { message } = thrownBy(() => detectAnomaly(() => Broken.apply(leaf(1)).backward()))
  expect(message).toMatch(/'BrokenBackward' returned nan[\s\S]*BrokenBackward was made by/)
})

describe('the mode', () => {
  test('lasts for the function, nests, and is left by a throw', () => {
    const seen: boolean[] = []
    const see = () => seen.push(isAnomalyEnabled())
    detectAnomaly(() => {
      detectAnomaly(see)
      see()
    })
    see()
    expect(() =>
      detectAnomaly(() => {
        throw new Error('mine')
      })
    ).toThrow('mine')
    see()
    expect(seen).toEqual([true, true, false, false])
    expect(detectAnomaly(() => 5)).toBe(5)
  })

  test('is set for good by setDetectAnomaly', () => {
    setDetectAnomaly(true)
    expect(isAnomalyEnabled()).toBe(true)
    detectAnomaly(() => 1)
    expect(isAnomalyEnabled()).toBe(true)
    expect(() => makesNaN(leaf(0)).backward()).toThrow(/SqrtBackward0/)
    setDetectAnomaly(true, false)
    expect(() => makesNaN(leaf(0)).backward()).not.toThrow()
    setDetectAnomaly(false)
    expect(isAnomalyEnabled()).toBe(false)
  })

  test('refuses what it cannot hold for', () => {
    expect(() => detectAnomaly(async () => 1)).toThrow(/detectAnomaly: expected a synchronous/)
    expect(() => setDetectAnomaly('on' as never)).toThrow(/mode: expected true or false/)
    expect(isAnomalyEnabled()).toBe(false)
  })
})
