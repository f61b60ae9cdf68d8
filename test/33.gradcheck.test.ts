import { describe, expect, test } from '@jest/globals'
import { type Tensor, autograd, nn, noGrad, ops, tensor } from 'node-libtorch'

import { Exp } from './parity/autograd'

const { gradcheck, gradgradcheck } = autograd
const leaf = (data: number | number[] | number[][]) =>
  tensor(data, { requiresGrad: true, dtype: 'float64' })

/** x^2 with a derivative that is `factor` times the right one. */
const wrongBy = (factor: number) =>
  class Square extends autograd.Function {
    static override forward(ctx: autograd.FunctionContext, x: Tensor) {
      ctx.saveForBackward(x)
      return x.square()
    }
    static override backward(ctx: autograd.FunctionContext, grad: Tensor) {
      return grad.mul(ctx.savedTensors[0]).mul(2 * factor)
    }
  }

describe('gradcheck', () => {
  test('passes what is right: operators, several inputs and results, functions of ours', () => {
    const [x, w] = [leaf([[0.3, -1.7]]), leaf([[0.5], [2]])]
    expect(gradcheck((a: Tensor, b: Tensor) => a.matmul(b).tanh(), [x, w])).toBe(true)
    expect(gradcheck((a: Tensor) => [a.sin(), a.exp().sum()], x)).toBe(true)
    expect(gradcheck((a: Tensor) => Exp.apply(a), x)).toBe(true)
    expect(gradgradcheck((a: Tensor) => Exp.apply(a), x)).toBe(true)
  })

  test('finds a derivative that is 1% off, shows both, and leaves the input as it was', () => {
    const x = leaf([0.5, -2])
    const wrong = (a: Tensor) => wrongBy(1.01).apply(a)
    expect(() => gradcheck(wrong, x)).toThrow(
      /output 0 with respect to input 0 differ by up to 0\.0\d+\nnumerical:\n {2}\[1, 0\]\n {2}\[0, -4\]\nanalytical:\n {2}\[1\.01, 0\]/
    )
    expect(gradcheck(wrong, x, { raiseException: false })).toBe(false)
    expect(gradcheck(wrong, x, { rtol: 0.02 })).toBe(true)
    expect(gradcheck((a: Tensor) => wrongBy(1).apply(a), x)).toBe(true)
    expect(x.tolist()).toEqual([0.5, -2])
    expect(x.grad).toBeNull()
  })

  test('finds a graph that is cut', () => {
    const cut = (a: Tensor) => [a.sin(), a.detach().exp()]
    expect(() => gradcheck(cut, leaf([1, 2]))).toThrow(/its graph is cut/)
    expect(gradcheck((a: Tensor) => [a.sin(), a.detach().mul(0)], leaf([1, 2]))).toBe(true)
  })

  test('finds backwards that differ from one another', () => {
    let calls = 0
    class Drifting extends autograd.Function {
      static override forward(_: autograd.FunctionContext, x: Tensor) {
        return x.mul(3)
      }
      static override backward(_: autograd.FunctionContext, grad: Tensor) {
        return grad.mul(3 + 1e-9 * calls++)
      }
    }
    const drifting = (a: Tensor) => Drifting.apply(a)
    expect(() => gradcheck(drifting, leaf([1]))).toThrow(/two backwards .* more than nondetTol 0/)
    expect(gradcheck(drifting, leaf([1]), { nondetTol: 1e-6 })).toBe(true)
  })

  test('inputs may be parameters that the function uses by itself, of any strides', () => {
    const layer = new nn.Linear(2, 3).to('float64')
    const x = tensor([[0.1, 0.7]], { dtype: 'float64' })
    expect(gradcheck(() => layer(x).tanh(), layer.parameters())).toBe(true)
    const turned = noGrad(() =>
      leaf([
        [0.3, 1],
        [2, 0.4],
        [5, 6]
      ]).t()
    ).requiresGrad_()
    expect(gradcheck((a: Tensor) => a.log(), turned)).toBe(true)
  })

  test('leaves an earlier graph of its inputs valid', () => {
    const x = leaf([2])
    const y = x.square()
    gradcheck((a: Tensor) => a.square(), x)
    y.backward()
    expect(x.grad!.item()).toBe(4)
  })
})

describe('gradgradcheck', () => {
  test('passes right second derivatives and finds wrong ones', () => {
    expect(gradgradcheck((a: Tensor) => a.pow(3).sin(), leaf([0.3, 0.8]))).toBe(true)
    expect(gradgradcheck((a: Tensor) => a.mul(3), leaf([0.3]))).toBe(true)
    class Cut extends autograd.Function {
      static override forward(ctx: autograd.FunctionContext, x: Tensor) {
        ctx.saveForBackward(x)
        return x.pow(3)
      }
      static override backward(ctx: autograd.FunctionContext, grad: Tensor) {
        const [x] = ctx.savedTensors
        return grad.mul((x as Tensor).detach().square().mul(3))
      }
    }
    expect(gradcheck((a: Tensor) => Cut.apply(a), leaf([0.7]))).toBe(true)
    expect(() => gradgradcheck((a: Tensor) => Cut.apply(a), leaf([0.7]))).toThrow(/differ by up to/)
    const gradOutputs = tensor([2], { dtype: 'float64' })
    expect(gradgradcheck((a: Tensor) => a.exp(), leaf([0.7]), { gradOutputs })).toBe(true)
  })
})

describe('refuses', () => {
  const x = leaf([1])
  test.each([
    ['float32', () => gradcheck((a: Tensor) => a, tensor([1], { requiresGrad: true })), /float64/],
    [
      'nothing to derive by',
      () => gradcheck((a: Tensor) => a, tensor([1])),
      /requires grad, got none/
    ],
    [
      'complex results',
      () => gradcheck((a: Tensor) => ops.aten.complex!(a, a) as Tensor, x),
      /real results, got string 'complex128'/
    ],
    ['a promise', () => gradcheck((async (a: Tensor) => a) as never, x), /synchronous/],
    ['a result that is no tensor', () => gradcheck((() => 5) as never, x), /fn: expected a Tensor/],
    ['no function', () => gradcheck(5 as never, x), /fn: expected a function/],
    [
      'an unknown option',
      () => gradcheck((a: Tensor) => a, x, { epsilon: 1 } as never),
      /'epsilon'/
    ],
    ['eps 0', () => gradcheck((a: Tensor) => a, x, { eps: 0 }), /eps: expected/]
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message)
  })
})

describe('functional', () => {
  const { hessian, jacobian, jvp, vjp } = autograd.functional
  const x = tensor([1, 2], { dtype: 'float64' })

  test('has the values of the formulas', () => {
    expect(jacobian((a: Tensor) => a.square(), x).tolist()).toEqual([
      [2, 0],
      [0, 4]
    ])
    expect(hessian((a: Tensor) => a.pow(3).sum(), x).tolist()).toEqual([
      [6, 0],
      [0, 12]
    ])
    const [value, product] = jvp((a: Tensor) => a.square(), x, x)
    expect([value.tolist(), product.tolist(), value.requiresGrad]).toEqual([[1, 4], [2, 8], false])
    const [, products] = vjp((a: Tensor, b: Tensor) => a.mul(b).sum(), [x, x.mul(5)])
    expect(products.map((each) => each.tolist())).toEqual([
      [5, 10],
      [1, 2]
    ])
  })

  test('zero where the result does not depend on the input', () => {
    expect(jacobian(() => tensor([1, 2, 3]), x).tolist()).toEqual([
      [0, 0],
      [0, 0],
      [0, 0]
    ])
    expect(jvp(() => tensor([1, 2, 3]), x, x)[1].tolist()).toEqual([0, 0, 0])
    expect(jvp((a: Tensor) => a.mul(3), x, x)[1].tolist()).toEqual([3, 6])
    expect(hessian((a: Tensor) => a.sum(), x).tolist()).toEqual([
      [0, 0],
      [0, 0]
    ])
  })

  test('can be derived again with createGraph', () => {
    const y = leaf([2])
    const options = { createGraph: true }
    jacobian((a: Tensor) => a.pow(3), y, options)
      .sum()
      .backward()
    expect(y.grad!.item()).toBe(12)
    expect(jacobian((a: Tensor) => a.pow(3), y).requiresGrad).toBe(false)
  })

  test('errors', () => {
    expect(() => jacobian((() => 5) as never, x)).toThrow(
      /jacobian: expected a function that returns one/
    )
    expect(() => hessian((a: Tensor) => a, x)).toThrow(/result of one element/)
    expect(() => jvp((a: Tensor) => a, x, [x, x])).toThrow(/v: expected 1 tensors/)
  })
})
