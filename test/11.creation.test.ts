import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { type DType, type Tensor, tensor, zeros } from 'node-libtorch'

describe('factories', () => {
  // biome-ignore format: a table
  test.each<[string, () => Tensor, unknown, DType]>([
    ['zeros', () => torch.zeros(2, 2), [[0, 0], [0, 0]], 'float32'],
    ['zeros of a shape', () => torch.zeros([1, 2], { dtype: 'int32' }), [[0, 0]], 'int32'],
    ['zeros of no size', () => torch.zeros([]), 0, 'float32'],
    ['ones', () => torch.ones(3, { dtype: 'float64' }), [1, 1, 1], 'float64'],
    ['ones bool', () => torch.ones([2], { dtype: 'bool' }), [true, true], 'bool'],
    ['full', () => torch.full([2], 2.5), [2.5, 2.5], 'float32'],
    ['full int64', () => torch.full([2, 1], 7, { dtype: 'int64' }), [[7], [7]], 'int64'],
    ['arange(end)', () => torch.arange(4), [0, 1, 2, 3], 'float32'],
    ['arange(start, end)', () => torch.arange(2, 5), [2, 3, 4], 'float32'],
    ['arange with a step', () => torch.arange(1, 2, 0.25), [1, 1.25, 1.5, 1.75], 'float32'],
    ['arange down', () => torch.arange(3, 0, -1, { dtype: 'int64' }), [3, 2, 1], 'int64'],
    ['linspace', () => torch.linspace(0, 1, 5), [0, 0.25, 0.5, 0.75, 1], 'float32'],
    ['eye', () => torch.eye(2), [[1, 0], [0, 1]], 'float32'],
    ['eye(n, m)', () => torch.eye(1, 3), [[1, 0, 0]], 'float32'],
    ['eye with options', () => torch.eye(1, { dtype: 'int8' }), [[1]], 'int8'],
    ['zerosLike', () => torch.zerosLike(tensor([1n, 2n])), [0, 0], 'int64'],
    ['onesLike', () => torch.onesLike(tensor([5, 6]), { dtype: 'float64' }), [1, 1], 'float64'],
    ['fullLike', () => torch.fullLike(tensor([[1]]), 4), [[4]], 'float32']
  ])('%s', (_, make, values, dtype) => {
    const made = make()
    expect(made.tolist()).toEqual(values)
    expect(made.dtype).toBe(dtype)
    expect(made.requiresGrad).toBe(false)
  })

  test('random ones draw what the seed says, from their distribution', () => {
    const draw = () => {
      torch.manualSeed(5)
      return [
        torch.rand(1000),
        torch.randn(1000),
        torch.randint(-2, 3, [1000]),
        torch.randperm(100),
        torch.randLike(zeros(3)),
        torch.randnLike(zeros(3))
      ]
    }
    const [uniform, normal, whole, order, ...like] = draw() as [Tensor, Tensor, Tensor, Tensor]
    expect(uniform.min().item()).toBeGreaterThanOrEqual(0)
    expect(uniform.max().item()).toBeLessThan(1)
    expect(uniform.mean().item()).toBeCloseTo(0.5, 1)
    expect(normal.std().item()).toBeCloseTo(1, 1)
    expect(whole.dtype).toBe('int64')
    expect([...new Set(whole.tolist() as number[])].sort((a, b) => a - b)).toEqual([
      -2, -1, 0, 1, 2
    ])
    expect(order.dtype).toBe('int64')
    expect((order.tolist() as number[]).toSorted((a, b) => a - b)).toEqual(
      torch.arange(100).tolist()
    )
    const values = [uniform, normal, whole, order, ...like].map((made) => made.tolist())
    expect(draw().map((made) => made.tolist())).toEqual(values)
    torch.manualSeed(6)
    expect(torch.rand(1000).tolist()).not.toEqual(values[0])
    expect(torch.randint(1, [3]).tolist()).toEqual([0, 0, 0])
  })

  test('requiresGrad makes a leaf that autograd follows', () => {
    for (const made of [zeros(2, { requiresGrad: true }), tensor([1], { requiresGrad: true })]) {
      expect([made.requiresGrad, made.isLeaf, made.gradFn, made.grad]).toEqual([
        true,
        true,
        null,
        null
      ])
      expect(made.mul(2).gradFn).toBe('MulBackward0')
      expect(made.mul(2).isLeaf).toBe(false)
    }
    expect(torch.empty(2, 3).shape).toEqual([2, 3])
    expect(torch.emptyLike(zeros(2, 3)).shape).toEqual([2, 3])
  })
})
