import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { enableGrad, isGradEnabled, noGrad, tensor } from 'node-libtorch'

const error = (name: string) => expect.objectContaining({ name })
const leaf = (data: number | number[]) => tensor(data, { requiresGrad: true })

describe('backward', () => {
  test('gives d(loss)/d(leaf) of everything that the loss was computed from', () => {
    const [w, x, b] = [leaf([2, -3]), tensor([5, 7]), leaf(1)]
    w.mul(x).add(b).square().sum().backward()
    // d/dw (w x + b)^2 = 2 (w x + b) x; d/db sums over the broadcast
    expect(w.grad!.tolist()).toEqual([2 * 11 * 5, 2 * -20 * 7])
    expect(b.grad!.item()).toBe(2 * 11 + 2 * -20)
    expect(x.grad).toBeNull()
  })

  test('goes through matmul, relu, views and reductions', () => {
    const w = tensor(
      [
        [1, -2],
        [3, 4]
      ],
      { requiresGrad: true }
    )
    const out = w.matmul(tensor([[1], [1]])).relu()
    expect(out.tolist()).toEqual([[0], [7]])
    out.reshape(2).select(0, 1).mul(10).backward()
    expect(w.grad!.tolist()).toEqual([
      [0, 0],
      [10, 10]
    ])
  })

  test('goes on where the path branches and meets again', () => {
    const x = leaf(3)
    const y = x.mul(x)
    y.add(y.mul(x)).backward()
    expect(x.grad!.item()).toBe(2 * 3 + 3 * 9)
  })

  test('adds to the gradient that is there, in the same object', () => {
    const x = leaf([1, 2])
    x.sum().backward()
    const first = x.grad!
    expect(first.tolist()).toEqual([1, 1])
    x.mul(3).sum().backward()
    expect(x.grad).toBe(first)
    expect(first.tolist()).toEqual([4, 4])
  })

  test('grad is one object, null before backward and after it is set to null', () => {
    const x = leaf([1])
    expect(x.grad).toBeNull()
    x.mul(2).backward()
    expect(x.grad).toBe(x.grad)
    expect(x.grad!.requiresGrad).toBe(false)
    x.grad = null
    expect(x.grad).toBeNull()
    x.mul(5).backward()
    expect(x.grad!.tolist()).toEqual([5])
  })

  test('grad can be set, and is added to', () => {
    const x = leaf([1, 1])
    const mine = tensor([10, 20])
    x.grad = mine
    expect(x.grad).toBe(mine)
    x.sum().backward()
    expect(mine.tolist()).toEqual([11, 21])
    expect(() => (x.grad = tensor([1, 2, 3]))).toThrow(error('TypeError'))
  })

  test('gives none to results, only to leaves', () => {
    const x = leaf([1])
    const y = x.mul(2)
    y.mul(3).backward()
    expect([x.grad!.item(), y.grad]).toEqual([6, null])
    expect([x.isLeaf, y.isLeaf, y.gradFn]).toEqual([true, false, 'MulBackward0'])
  })

  test('takes the gradient of what has several elements', () => {
    const x = leaf([1, 2, 3])
    x.square().backward({ gradient: tensor([1, 10, 100]) })
    expect(x.grad!.tolist()).toEqual([2, 40, 600])
    expect(() => x.square().backward()).toThrow(/scalar/)
    expect(() => x.square().backward({ gradient: tensor([1, 2]) })).toThrow()
  })

  test('frees the graph unless retainGraph is set', () => {
    const x = leaf(3)
    const y = x.square()
    y.backward({ retainGraph: true })
    y.backward()
    expect(x.grad!.item()).toBe(12)
    expect(() => y.backward()).toThrow(/second time/)
    expect(x.grad!.item()).toBe(12)
  })

  test('createGraph gives a gradient that has a second derivative', () => {
    const x = leaf(2)
    x.pow(4).backward({ createGraph: true })
    const first = x.grad!
    expect([first.item(), first.requiresGrad]).toEqual([32, true])
    x.grad = null
    first.backward()
    expect(x.grad!.item()).toBe(48)
    // With createGraph the graph is kept unless retainGraph says otherwise.
    const y = leaf(3)
    const cube = y.pow(3)
    cube.backward({ createGraph: true })
    cube.backward()
    expect(y.grad!.item()).toBe(54)
  })

  test('refuses what nothing can be derived from', () => {
    expect(() => tensor(1).backward()).toThrow(/does not require grad/)
    expect(() => leaf(1).backward({ nosuch: 1 } as object)).toThrow(error('TypeError'))
  })
})

describe('requiresGrad', () => {
  test('is passed on to results, and can be set', () => {
    const x = tensor([1])
    expect([x.requiresGrad, x.mul(2).requiresGrad]).toEqual([false, false])
    x.requiresGrad = true
    expect([x.requiresGrad, x.mul(2).requiresGrad]).toEqual([true, true])
    expect(x.requiresGrad_(false).mul(2).requiresGrad).toBe(false)
    expect(() => leaf(1).mul(2).requiresGrad_(false)).toThrow(error('TypeError'))
    expect(() => tensor([1n]).requiresGrad_()).toThrow(error('TypeError'))
  })

  test('detach leaves the graph and shares the values', () => {
    const x = leaf([1, 2])
    const outside = x.mul(2).detach()
    expect([outside.requiresGrad, outside.isLeaf, outside.gradFn]).toEqual([false, true, null])
    x.detach().fill_(9)
    expect(x.tolist()).toEqual([9, 9])
    x.mul(x.detach()).sum().backward()
    expect(x.grad!.tolist()).toEqual([9, 9])
  })

  test('clone stays in the graph', () => {
    const x = leaf([1, 2])
    x.clone().mul(3).sum().backward()
    expect(x.grad!.tolist()).toEqual([3, 3])
  })

  test('a leaf in use cannot be changed in place, but in noGrad it can', () => {
    const x = leaf([1])
    expect(() => x.add_(1)).toThrow(/leaf/)
    noGrad(() => x.add_(1))
    expect([x.item(), x.requiresGrad]).toEqual([2, true])
  })

  test('a value that backward needs must not have changed', () => {
    const x = leaf([2])
    const y = x.mul(1)
    const z = y.square()
    y.add_(1)
    expect(() => z.backward()).toThrow(/modified by an inplace operation/)
  })
})

describe('noGrad and enableGrad', () => {
  test('switch recording and return the result', () => {
    const x = leaf([1])
    expect(noGrad(() => [isGradEnabled(), x.mul(2).requiresGrad])).toEqual([false, false])
    expect([isGradEnabled(), x.mul(2).requiresGrad]).toEqual([true, true])
    expect(noGrad(() => 'result')).toBe('result')
  })

  test('nest, each going back to what was before', () => {
    const seen: boolean[] = []
    const see = () => seen.push(isGradEnabled())
    noGrad(() => {
      see()
      enableGrad(() => {
        see()
        noGrad(see)
        see()
      })
      see()
      noGrad(see)
      see()
    })
    see()
    expect(seen).toEqual([false, true, false, true, false, false, false, true])
  })

  test('enableGrad records inside noGrad', () => {
    const x = leaf(3)
    noGrad(() => enableGrad(() => x.square()).backward())
    expect(x.grad!.item()).toBe(6)
  })

  test('go back after a throw, of JavaScript or of libtorch', () => {
    expect(() =>
      noGrad(() => {
        throw new Error('mine')
      })
    ).toThrow('mine')
    expect(isGradEnabled()).toBe(true)
    expect(() => noGrad(() => torch.ones(2).add(torch.ones(3)))).toThrow()
    expect(isGradEnabled()).toBe(true)
    noGrad(() => {
      expect(() =>
        enableGrad(() => {
          throw new Error('mine')
        })
      ).toThrow('mine')
      expect(isGradEnabled()).toBe(false)
    })
  })

  test('refuse an asynchronous function, and go back', () => {
    for (const run of [noGrad, enableGrad]) {
      expect(() => run(async () => 1)).toThrow(error('TypeError'))
      expect(() => run(async () => 1)).toThrow(/promise/)
      expect(isGradEnabled()).toBe(true)
    }
    expect(() => noGrad(1 as never)).toThrow(error('TypeError'))
  })
})
