import { describe, expect, test } from '@jest/globals'
import {
  type Tensor,
  autograd,
  enableGrad,
  isGradEnabled,
  isTensor,
  ops,
  tensor
} from 'node-libtorch'

import { type Context, custom, identity, leaf } from './fixtures/custom_function'
import { Exp } from './parity/autograd'

describe('errors', () => {
  const run = (backward: (ctx: Context, grad: never) => unknown, ...args: unknown[]) => {
    custom(identity, backward)
      .apply(...([leaf([1, 2]), ...args] as never[]))
      .sum()
      .backward()
  }
  const works = () => {
    const x = leaf(1)
    Exp.apply(x).mul(2).backward()
    expect(x.grad!.item()).toBe(2 * Math.E)
  }

  test.each([
    ['too few', () => run((_, g) => [g], 1), /expected 2 gradients, .* got 1; return null/],
    ['too many', () => run((_, g) => [g, g]), /expected 1 gradients, .* got 2/],
    ['nothing', () => run(() => {}), /gradient 0: expected a Tensor or null, got undefined/],
    ['a number', () => run(() => 5), /gradient 0: expected a Tensor or null, got number 5/],
    ['one for a number', () => run((_, g) => [g, g], 5), /gradient 1: expected null/],
    ['a promise', () => run(async () => null), /expected a synchronous function/]
  ])('%s from backward', (_, call, message) => {
    expect(call).toThrow(message as RegExp)
    expect(call).toThrow(expect.objectContaining({ name: 'TypeError' }))
    works()
  })

  test('a gradient of another shape', () => {
    expect(() => run(() => tensor([1, 2, 3]))).toThrow(/CustomBackward.*invalid gradient.*\[3\]/)
    works()
  })

  test('more nulls than arguments are no error, as in Python', () => {
    expect(() => run((_, g) => [g, null, null])).not.toThrow()
  })

  test.each([
    ['an Error', new Error('mine')],
    ['an object', { mine: 1 }],
    ['a number', 5],
    ['undefined', undefined],
    ['null', null]
  ])('%s thrown in backward comes out as the same value', (_, thrown) => {
    const caught: unknown[] = []
    try {
      run(() => {
        throw thrown
      })
    } catch (error) {
      caught.push(error)
    }
    expect(caught).toHaveLength(1)
    expect(Object.is(caught[0], thrown)).toBe(true)
    works()
  })

  test('an error of libtorch within backward', () => {
    expect(() => run((_, g: Tensor) => g.matmul(tensor([[1]])))).toThrow(/^matmul\(/)
    works()
  })

  test('thrown in forward, it comes out as it is and the mode is as before', () => {
    const thrown = new Error('mine')
    const Fails = custom(
      () => {
        throw thrown
      },
      () => null
    )
    expect(() => Fails.apply(leaf(1))).toThrow(thrown)
    expect(isGradEnabled()).toBe(true)
  })

  test('within a backward within a backward', () => {
    const thrown = new Error('innermost')
    const Inner = custom(identity, () => {
      throw thrown
    })
    const caught: unknown[] = []
    const nested = () =>
      run((_, grad: Tensor) => {
        try {
          enableGrad(() => Inner.apply(leaf(1)).backward())
        } catch (error) {
          caught.push(error)
        }
        return grad
      })
    expect(nested).not.toThrow()
    expect(caught).toEqual([thrown])
    works()
  })

  test('a class without forward or backward, and an asynchronous forward', () => {
    class Empty extends autograd.Function {}
    expect(() => Empty.apply(leaf(1))).toThrow(/Empty: forward\(ctx, ...args\) is not defined/)
    class Half extends autograd.Function {
      static override forward(_: Context, x: Tensor) {
        return x.exp()
      }
    }
    expect(() => Half.apply(leaf(1)).backward()).toThrow(
      /Half: backward\(ctx, ...gradients\) is not/
    )
    const Forgetful = custom(
      () => {},
      () => null
    )
    expect(() => Forgetful.apply(leaf(1))).toThrow(
      /Custom.forward: expected a result, got undefined/
    )
    const Later = custom(
      async () => tensor(1),
      () => null
    )
    expect(() => Later.apply(leaf(1))).toThrow(/Custom.forward: expected a synchronous function/)
  })

  // libtorch goes on with backwards nested 60 deep on a thread of its own, as it does for CUDA.
  test('on a thread without JavaScript', () => {
    let deepest = 0
    class Nest extends autograd.Function {
      static override forward(ctx: Context, x: Tensor, depth: number) {
        ctx.depth = depth
        return x.clone()
      }
      static override backward(ctx: Context, grad: Tensor) {
        deepest = Math.max(deepest, ctx.depth)
        enableGrad(() => Nest.apply(leaf(1), ctx.depth + 1).backward())
        return [grad, null]
      }
    }
    expect(() => Nest.apply(leaf(1), 0).backward()).toThrow(
      /^NestBackward: expected to run on the thread of JavaScript, got one of libtorch's own/
    )
    expect(deepest).toBe(60)
    works()
  })

  test('savedTensors outside of backward', () => {
    let kept: Context | undefined
    const Keeping = custom(
      (ctx, x: Tensor) => {
        kept = ctx
        ctx.saveForBackward(x)
        return x.exp()
      },
      (_, grad: Tensor) => grad
    )
    Keeping.apply(leaf(1)).backward()
    expect(() => kept!.savedTensors).toThrow(/expected to be read while backward runs/)
  })

  test('what is kept for backward must be tensors', () => {
    const keeps = (how: (ctx: Context) => void) =>
      custom(
        (ctx, x: Tensor) => {
          how(ctx)
          return x.exp()
        },
        (_, grad: Tensor) => grad
      ).apply(leaf(1))
    expect(() => keeps((ctx) => ctx.saveForBackward(5 as never))).toThrow(
      /saveForBackward: expected/
    )
    expect(() => keeps((ctx) => ctx.markDirty(null as never))).toThrow(
      /markDirty: expected Tensors/
    )
    expect(() => keeps((ctx) => ctx.markNonDifferentiable([] as never))).toThrow(/markNonDiff/)
    expect(() => keeps((ctx) => ctx.setMaterializeGrads(0 as never))).toThrow(/true or false/)
  })

  test('a disposed argument', () => {
    const x = leaf(1)
    x.dispose()
    expect(isTensor(x)).toBe(true)
    expect(() => Exp.apply(x)).toThrow(/disposed/)
    expect(ops.aten.exp!(leaf(0))).toBeDefined()
  })
})
