import { describe, expect, test } from '@jest/globals'
import {
  autograd,
  enableGrad,
  isGradEnabled,
  isTensor,
  noGrad,
  ops,
  tensor,
  type Tensor
} from 'node-libtorch'

import { Exp, cases } from './parity/autograd'
import { bits } from './parity/bits'
import { runPython } from './parity/python'

type Context = autograd.FunctionContext
const leaf = (data: number | number[]) => tensor(data, { requiresGrad: true, dtype: 'float64' })

/** A function of one argument whose parts are given. */
function custom(
  forward: (ctx: Context, ...args: never[]) => unknown,
  backward: (ctx: Context, ...grads: never[]) => unknown
) {
  return class Custom extends autograd.Function {
    // biome-ignore lint/suspicious/noExplicitAny: any function
    static override forward(ctx: Context, ...args: any[]): any {
      return forward(ctx, ...(args as never[]))
    }
    // biome-ignore lint/suspicious/noExplicitAny: any function
    static override backward(ctx: Context, ...grads: any[]): any {
      return backward(ctx, ...(grads as never[]))
    }
  }
}

const identity = (_: Context, x: Tensor) => x.clone()

describe('the same bits as in Python', () => {
  const reference = runPython<Record<string, string[]>>('autograd.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  test('the script of Python ran what ours will run', () => {
    expect(Object.keys(reference.result)).toEqual(Object.keys(cases))
  })
  test.each(Object.keys(cases))('%s', (name) => {
    expect(cases[name]!().map((value) => bits(value!))).toEqual(reference.result[name])
  })
})

describe('autograd.grad', () => {
  test('leaves grad as it is and frees the graph unless told otherwise', () => {
    const x = leaf([1, 2])
    const y = x.square().sum()
    expect(autograd.grad(y, x, { retainGraph: true })[0]!.tolist()).toEqual([2, 4])
    expect(x.grad).toBeNull()
    autograd.grad(y, x)
    expect(() => autograd.grad(y, x)).toThrow(
      /^grad\(\[float64\[\]\], \[float64\[2\]\]\): .*second/
    )
  })

  test('an input that takes no part is an error, or null', () => {
    const [x, w] = [leaf(1), leaf(1)]
    const y = x.mul(2)
    expect(() => autograd.grad(y, [x, w], { retainGraph: true })).toThrow(/to not have been used/)
    expect(autograd.grad(y, [w], { allowUnused: true })).toEqual([null])
    expect(() => autograd.grad(x.mul(2), tensor(1))).toThrow(/does not require grad/)
  })
})

describe('autograd.backward', () => {
  test('adds up several tensors, with gradients', () => {
    const x = leaf([1, 2])
    autograd.backward([x.mul(2), x.square().sum()], {
      gradTensors: [tensor([1, 10], { dtype: 'float64' }), null]
    })
    expect(x.grad!.tolist()).toEqual([2 + 2, 20 + 4])
  })

  test('inputs may be results, and no other tensor gets a gradient', () => {
    const x = leaf([1, 2])
    const y = x.mul(3)
    autograd.backward(y.square().sum(), { inputs: y })
    expect(y.grad!.tolist()).toEqual([6, 12])
    expect(x.grad).toBeNull()
  })
})

describe('autograd.Function', () => {
  test('shows its name, and records only where a gradient is wanted', () => {
    expect(Exp.apply(leaf(1)).gradFn).toBe('ExpBackward')
    expect(Exp.apply(tensor(1)).gradFn).toBeNull()
    expect(noGrad(() => Exp.apply(leaf(1)).requiresGrad)).toBe(false)
    expect(String(Exp.apply(leaf(0)))).toBe(
      'tensor(1., dtype=torch.float64, grad_fn=<ExpBackward>)'
    )
  })

  test('runs forward without recording, and backward with it for createGraph only', () => {
    const modes: boolean[] = []
    const Seen = custom(
      (_, x: Tensor) => {
        modes.push(isGradEnabled())
        return x.square()
      },
      (_, grad: Tensor) => {
        modes.push(isGradEnabled())
        return grad
      }
    )
    const x = leaf(3)
    enableGrad(() => Seen.apply(x)).backward()
    autograd.grad(Seen.apply(x), x, { createGraph: true })
    expect(modes).toEqual([false, false, false, true])
    expect(isGradEnabled()).toBe(true)
  })

  test('passes arguments and results through that are no tensors', () => {
    const Mixed = custom(
      (_, x: Tensor, options: { by: number }, word: string) => [x.mul(options.by), word, null],
      (_, grad: Tensor, ...rest: unknown[]) => {
        expect(rest).toEqual([null, null])
        return [grad.mul(7), null, null]
      }
    )
    const x = leaf(2)
    const [y, word, none] = Mixed.apply(x, { by: 5 }, 'hello')
    expect([y.item(), word, none]).toEqual([10, 'hello', null])
    y.backward()
    expect(x.grad!.item()).toBe(7)
  })

  test('gets zeros for results without gradient', () => {
    const got: Tensor[] = []
    const Two = custom(
      (_, x: Tensor) => [x.mul(2), x.sum()],
      (_, ...grads: Tensor[]) => {
        got.push(...grads)
        return grads[0]
      }
    )
    Two.apply(leaf([1, 2]))[0]
      .sum()
      .backward()
    expect(got.map((grad) => grad.tolist())).toEqual([[1, 1], 0])
  })

  test('keeps own properties, and what is saved is an output or an input or neither', () => {
    const Kept = custom(
      (ctx, x: Tensor) => {
        ctx.factor = 3
        const y = x.mul(ctx.factor)
        ctx.saveForBackward(x, y, y.add(1), null)
        return y
      },
      (ctx, grad: Tensor) => {
        const [input, output, neither, none] = ctx.savedTensors
        expect([input.item(), output.item(), neither.item(), none]).toEqual([2, 6, 7, null])
        expect([input.requiresGrad, output.gradFn]).toEqual([true, 'CustomBackward'])
        return grad.mul(ctx.factor)
      }
    )
    const x = leaf(2)
    Kept.apply(x).backward()
    expect(x.grad!.item()).toBe(3)
  })

  test('a saved tensor that was changed in place is an error', () => {
    const x = leaf([1, 2])
    const between = x.mul(1)
    const y = Exp.apply(between)
    noGrad(() => y.add_(1))
    expect(() => y.sum().backward()).toThrow(/modified by an inplace operation/)
  })

  test('a second backward is an error that says so, unless the graph is retained', () => {
    const x = leaf(1)
    const y = Exp.apply(x)
    y.backward({ retainGraph: true })
    y.backward()
    expect(() => y.backward()).toThrow(/ExpBackward: savedTensors: .*second time/)
    expect(x.grad!.item()).toBe(2 * Math.E)
  })

  test('what it returns unchanged is a new tensor with its own history', () => {
    const Same = custom(
      (_, x: Tensor) => x,
      (_, grad: Tensor) => grad.mul(9)
    )
    const x = leaf(1)
    const y = Same.apply(x)
    expect([y === x, y.gradFn]).toEqual([false, 'CustomBackward'])
    y.backward()
    expect(x.grad!.item()).toBe(9)
  })

  test('a leaf cannot be changed in place, and what is marked dirty must be returned', () => {
    const InPlace = custom(
      (ctx, x: Tensor) => {
        ctx.markDirty(x)
        return x.mul_(2)
      },
      (_, grad: Tensor) => grad
    )
    expect(() => InPlace.apply(leaf(1))).toThrow(/leaf/)
    const Lost = custom(
      (ctx, x: Tensor) => {
        ctx.markDirty(x)
        return x.mul_(2).clone()
      },
      (_, grad: Tensor) => grad
    )
    expect(() => Lost.apply(leaf(1).mul(1))).toThrow(/dirty/)
  })

  test('functions nest: forward, backward, and backward in backward', () => {
    const Inner = custom(identity, (_, grad: Tensor) => grad.mul(2))
    const Outer = custom(
      (ctx, x: Tensor) => {
        ctx.saveForBackward(x)
        return Inner.apply(x)
      },
      (ctx, grad: Tensor) => {
        const [x] = ctx.savedTensors
        const [inner] = enableGrad(() => {
          const copy = x.detach().requiresGrad_()
          return autograd.grad(Exp.apply(Inner.apply(copy)), copy)
        })
        expect(ctx.savedTensors[0].item()).toBe(1)
        return grad.mul(inner)
      }
    )
    const x = leaf(1)
    Outer.apply(x).backward()
    expect(x.grad!.item()).toBe(2 * Math.E)
  })

  test('thousands deep, forward and backward and freed', () => {
    const Step = custom(
      (ctx, x: Tensor) => {
        ctx.saveForBackward(x)
        return x.add(1)
      },
      (ctx, grad: Tensor) => grad.mul(ctx.savedTensors.length)
    )
    const x = leaf(0)
    let y = x as Tensor
    for (let i = 0; i < 20_000; i++) y = Step.apply(y)
    y.backward()
    expect([y.item(), x.grad!.item()]).toEqual([20_000, 1])
    let z = x as Tensor
    for (let i = 0; i < 20_000; i++) z = Step.apply(z)
    z.dispose()
  })

  test('the argument is found by its own class, called from a subclass too', () => {
    class Named extends Exp {}
    expect(Named.apply(leaf(0)).gradFn).toBe('NamedBackward')
  })
})

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
