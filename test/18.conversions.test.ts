import { describe, expect, test } from '@jest/globals'
import { cuda, tensor, unique } from 'node-libtorch'

describe('by the name of a dtype', () => {
  const x = tensor([1.5, 0, -2])

  test.each([
    ['double', 'float64', [1.5, 0, -2]],
    ['float', 'float32', [1.5, 0, -2]],
    ['half', 'float16', [1.5, 0, -2]],
    ['bfloat16', 'bfloat16', [1.5, 0, -2]],
    ['long', 'int64', [1, 0, -2]],
    ['int', 'int32', [1, 0, -2]],
    ['short', 'int16', [1, 0, -2]],
    ['char', 'int8', [1, 0, -2]],
    ['bool', 'bool', [true, false, true]]
  ] as const)('%s()', (name, dtype, values) => {
    const made = x[name]()
    expect([made.dtype, made.tolist()]).toEqual([dtype, values])
    expect(made[name]()).toBe(made)
  })

  test('byte(), cfloat(), cdouble()', () => {
    const made = tensor([3, 255]).byte()
    expect([made.dtype, made.tolist()]).toEqual(['uint8', [3, 255]])
    expect([x.cfloat().dtype, x.cdouble().dtype]).toEqual(['complex64', 'complex128'])
  })

  test('autograd goes through', () => {
    const leaf = tensor([1, 2], { requiresGrad: true })
    leaf.double().square().sum().backward()
    expect(leaf.grad!.tolist()).toEqual([2, 4])
  })
})

test('cpu() is the same tensor there, cuda() an error where there is none', () => {
  const x = tensor([1])
  expect(x.cpu()).toBe(x)
  if (!cuda.isAvailable()) expect(() => x.cuda()).toThrow(/cuda/i)
  expect(() => x.cuda(-1)).toThrow(RangeError)
})

test('sizes', () => {
  const x = tensor([[1, 2, 3]])
  expect([x.elementSize(), x.double().elementSize(), x.nelement(), x.ndimension()]).toEqual([
    4, 8, 3, 2
  ])
})

describe('unique', () => {
  const x = tensor(
    [
      [3, 1],
      [1, 2]
    ],
    { dtype: 'int64' }
  )

  test('values, inverse, counts, as in PyTorch', () => {
    expect((unique(x) as typeof x).tolist()).toEqual([1, 2, 3])
    const [values, inverse, counts] = x.unique({ returnInverse: true, returnCounts: true }) as [
      typeof x,
      typeof x,
      typeof x
    ]
    expect([values.tolist(), inverse.tolist(), counts.tolist()]).toEqual([
      [1, 2, 3],
      [
        [2, 0],
        [0, 1]
      ],
      [2, 1, 1]
    ])
    const [, only] = unique(x, { returnCounts: true }) as [typeof x, typeof x]
    expect(only.tolist()).toEqual([2, 1, 1])
  })

  test('along a dimension', () => {
    const rows = tensor([
      [2, 1],
      [0, 5],
      [2, 1]
    ])
    expect((rows.unique({ dim: 0 }) as typeof x).tolist()).toEqual([
      [0, 5],
      [2, 1]
    ])
    expect((rows.unique({ dim: -1 }) as typeof x).shape).toEqual([3, 2])
  })

  test('wrong arguments', () => {
    expect(() => unique(x, { dim: 2 })).toThrow(/[Dd]imension|dim/)
    expect(() => unique(x, { dim: 0.5 })).toThrow(/dim: expected/)
    expect(() => unique(x, { sorted: 1 } as never)).toThrow(/sorted: expected true or false/)
    expect(() => unique(5 as never)).toThrow(/input: expected a Tensor/)
  })
})
