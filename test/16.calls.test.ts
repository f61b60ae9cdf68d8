import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import {
  Generator,
  type Opaque,
  type Tensor,
  arange,
  defaultGenerator,
  getRngState,
  initialSeed,
  manualSeed,
  ops,
  ones,
  rand,
  randint,
  randn,
  randperm,
  setRngState,
  tensor,
  zeros
} from 'node-libtorch'

import { native } from '../lib/native'

/** Which overload of `aten::NAME` a call means, such as 'add.Tensor'. */
function chosen(name: string, ...args: unknown[]): string | undefined {
  return native.fits(`aten::${name}`, args)?.match(/^aten::([\w.]+)/)?.[1]
}

describe('the overload that is chosen', () => {
  const x = ones(2, 2)
  test.each<[string, unknown[], string]>([
    ['add', [x, x], 'add.Tensor'],
    ['add', [x, 1], 'add.Tensor'],
    ['pow', [x, x], 'pow.Tensor_Tensor'],
    ['pow', [x, 2], 'pow.Tensor_Scalar'],
    ['pow', [2, x], 'pow.Scalar'],
    ['sum', [x], 'sum'],
    ['sum', [x, 1], 'sum.dim_IntList'],
    ['sum', [x, { dim: 1 }], 'sum.dim_IntList'],
    ['max', [x, x], 'max.other'],
    ['max', [x, 0], 'max.dim'],
    ['max', [x, 0, { out: [x, x] }], 'max.dim_max'],
    ['add', [x, 1, { out: x }], 'add.out'],
    ['reshape', [x, 4], 'reshape'],
    ['reshape', [x, 2, 2], 'reshape'],
    ['vsplit', [x, 2], 'vsplit.int'],
    ['vsplit', [x, [1]], 'vsplit.array'],
    ['vsplit', [x, 1, 2], 'vsplit.array'],
    ['split', [x, 1], 'split.Tensor'],
    ['where', [x.gt(0), x, x], 'where.self'],
    ['where', [x.gt(0), 1, 2], 'where.Scalar'],
    ['squeeze', [x, 0], 'squeeze.dim'],
    ['normal', [x, 1], 'normal.Tensor_float'],
    ['normal', [0, 1, [2]], 'normal.float_float']
  ])('%s(%j)', (name, args, overload) => {
    expect(chosen(name, ...args)).toBe(overload)
    // The second time it comes from the memory of calls.
    expect(chosen(name, ...args)).toBe(overload)
  })

  test('does not depend on which calls came before', () => {
    const scalar = tensor(2)
    expect(ops.aten.fill_(zeros(2), scalar).tolist()).toEqual([2, 2])
    expect(ops.aten.fill_(zeros(2), 3).tolist()).toEqual([3, 3])
    expect(ops.aten.leaky_relu(tensor([-1]), 0.5).item()).toBe(-0.5)
    expect(ops.aten.leaky_relu(tensor([-1]), tensor(0.25) as never).item()).toBe(-0.25)
    expect(() => ops.aten.leaky_relu(tensor([-1]), tensor([0.25]) as never)).toThrow(
      "argument 'negativeSlope': expected Scalar, got Tensor float32[1]"
    )
    const followed = tensor(0.25, { requiresGrad: true })
    expect(() => ops.aten.leaky_relu(tensor([-1]), followed as never)).toThrow('expected Scalar')
  })

  test('none: every candidate is listed with what does not fit', () => {
    let message = ''
    try {
      x.pow('2' as never)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message.split('\n')).toEqual([
      'aten::pow: no overload takes these arguments:',
      '  aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor',
      "    argument 'exponent': expected Tensor, got string '2'",
      '  aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor',
      "    argument 'exponent': expected Scalar, got string '2'",
      '  aten::pow.Scalar(Scalar self, Tensor exponent) -> Tensor',
      "    argument 'self': expected Scalar, got Tensor float32[2, 2]"
    ])
  })
})

describe('short calls are ordinary calls', () => {
  const x = tensor([
    [1, -2],
    [3, 4]
  ])
  test.each<[string, () => unknown, unknown]>([
    [
      'no argument',
      () => x.abs(),
      [
        [1, 2],
        [3, 4]
      ]
    ],
    [
      'a tensor',
      () => x.mul(x),
      [
        [1, 4],
        [9, 16]
      ]
    ],
    [
      'a number',
      () => x.add(0.5),
      [
        [1.5, -1.5],
        [3.5, 4.5]
      ]
    ],
    ['two numbers', () => x.select(0, 1), [3, 4]],
    [
      'as a function',
      () => torch.sub(x, x),
      [
        [0, 0],
        [0, 0]
      ]
    ],
    ['a function of a tensor and two numbers', () => torch.select(x, 1, 0), [1, 3]]
  ])('%s', (_, call, expected) => {
    expect((call() as Tensor).tolist()).toEqual(expected)
  })

  test('in place the same object comes back, and keeps its place', () => {
    const y = zeros(2)
    expect(y.add_(1) === y && y.mul_(y) === y && torch.relu_(y) === y).toBe(true)
    expect(y.tolist()).toEqual([1, 1])
    expect(torch.memory().liveTensors).toBeGreaterThan(0)
  })

  test('errors name the operator and the shapes, disposed tensors are refused by name', () => {
    expect(() => x.add(zeros(3))).toThrow(/^add\(float32\[2, 2\], float32\[3\], 1\): .*size/)
    const gone = zeros(2)
    gone.dispose()
    expect(() => x.add(gone)).toThrow('other: expected a live Tensor, got one that was disposed')
    expect(() => gone.add(x)).toThrow('self: expected a live Tensor')
    expect(() => gone.relu()).toThrow('self: expected a live Tensor')
  })
})

describe('arguments of every kind', () => {
  test('out: one tensor, or several in an array, come back as the same objects', () => {
    const [sum, values, indices] = [zeros(2), zeros(2), zeros(2, { dtype: 'int64' })]
    expect(torch.add(ones(2), ones(2), { out: sum }) === sum).toBe(true)
    expect(sum.tolist()).toEqual([2, 2])
    const found = torch.max(
      tensor([
        [1, 5],
        [7, 2]
      ]),
      1,
      { out: [values, indices] }
    ) as Tensor[]
    expect([found[0] === values, found[1] === indices]).toEqual([true, true])
    expect([values.tolist(), indices.tolist()]).toEqual([
      [5, 7],
      [1, 0]
    ])
    expect(() => ops.aten.max(ones(2, 2), 1, { out: [values] } as never)).toThrow('max.dim_max')
    expect(() => torch.add(ones(2), ones(2), { out: 5 } as never)).toThrow(
      "argument 'out': expected Tensor, got number 5"
    )
  })

  test('complex numbers', () => {
    const z = tensor([
      { re: 1, im: 2 },
      { re: 0, im: -1 }
    ])
    expect(z.add({ re: 1, im: 1 }).tolist()).toEqual([
      { re: 2, im: 3 },
      { re: 1, im: 0 }
    ])
    expect(z.mul(z).at(0).item<torch.Complex>()).toEqual({ re: -3, im: 4 })
    expect(torch.full([1], 0, { dtype: 'complex128' }).dtype).toBe('complex128')
    expect(z.imag.tolist()).toEqual([2, -1])
    expect(z.conj().imag.tolist()).toEqual([-2, 1])
  })

  test('names for dtypes, layouts, memory formats and reductions', () => {
    expect(torch.resultType(ones(1), arange(1, { dtype: 'int64' }))).toBe('float32')
    expect(torch.promoteTypes('int8', 'uint8')).toBe('int16')
    const image = randn([1, 2, 3, 4])
    const last = image.contiguous({ memoryFormat: 'channels_last' })
    expect(ops.aten.stride.int(last, 1)).toBe(1)
    expect(() => image.contiguous({ memoryFormat: 'nchw' as never })).toThrow(
      "argument 'memoryFormat': expected MemoryFormat, got string 'nchw'"
    )
    const sparse = ones(2, 2).toSparse()
    expect(sparse.toDense().tolist()).toEqual([
      [1, 1],
      [1, 1]
    ])
    const [a, b] = [tensor([1, 2]), tensor([2, 4])]
    expect(ops.aten.mse_loss(a, b).item()).toBe(2.5)
    expect(ops.aten.mse_loss(a, b, 'sum').item()).toBe(5)
    expect(ops.aten.mse_loss(a, b, { reduction: 'none' }).tolist()).toEqual([1, 4])
  })

  test('lists: numbers for int[N], optional tensors, spread tensors', () => {
    expect(torch.maxPool2d(ones(1, 1, 4, 4), [2]).shape).toEqual([1, 1, 2, 2])
    expect(torch.maxPool2d(ones(1, 1, 4, 4), 2).shape).toEqual([1, 1, 2, 2])
    expect(() => torch.maxPool2d(ones(1, 1, 4, 4), [2, 2, 2])).toThrow('kernelSize')
    const picked = ops.aten.index(arange(4).reshape(2, 2), [null, tensor([1n])]) as Tensor
    expect(picked.tolist()).toEqual([[1], [3]])
    const [rows] = torch.meshgrid(arange(2), arange(3), { indexing: 'ij' }) as Tensor[]
    expect(rows!.shape).toEqual([2, 3])
    expect(torch.einsum('ij,jk->ik', ones(2, 3), ones(3, 2)).tolist()).toEqual([
      [3, 3],
      [3, 3]
    ])
    expect(torch.einsum('ii', [torch.eye(3)]).item()).toBe(3)
  })

  test('values that JavaScript cannot look into come back into operators', () => {
    const packed = ops['quantized']!['linear_prepack']!(
      torch.quantizePerTensor(ones(2, 3), 0.1, 0, 'qint8'),
      null
    ) as Opaque
    expect(packed.kind).toContain('LinearPackedParamsBase')
    const input = torch.quantizePerTensor(ones(1, 3), 0.1, 0, 'quint8')
    const result = ops['quantized']!['linear']!(input, packed, 0.1, 0) as Tensor
    expect(result.dequantize().tolist()).toEqual([[expect.closeTo(3), expect.closeTo(3)]])
    expect(() => ops['quantized']!['linear']!(input, { kind: packed.kind }, 0.1, 0)).toThrow(
      "argument 'WPrepack': expected __torch__.torch.classes.quantized.LinearPackedParamsBase"
    )
  })

  test('no result is undefined, several are an array', () => {
    expect(
      ops.aten._validate_sparse_coo_tensor_args?.(zeros(1, 0, { dtype: 'int64' }), zeros(0), [1])
    ).toBe(undefined)
    expect(torch.aminmax(tensor([3, 1, 2])).map((one: Tensor) => one.item())).toEqual([1, 3])
  })
})

describe('generators', () => {
  test('serve the factories of random numbers', () => {
    manualSeed(5)
    const expected = [rand(3), randn(2, 2), randint(10, [4]), randperm(6)].map((t) => t.tolist())
    const generator = new Generator().manualSeed(5)
    const drawn = [
      rand(3, { generator }),
      randn([2, 2], { generator, dtype: 'float32' }),
      randint(10, [4], { generator }),
      randperm(6, { generator })
    ]
    expect(drawn.map((t) => t.tolist())).toEqual(expected)
    expect(() => rand(3, { generator: {} as never })).toThrow(/generator/)
    expect(() => zeros([2], { generator } as never)).toThrow(/unknown option 'generator'/)
  })

  test('draw what the default generator draws from the same seed, and leave it alone', () => {
    manualSeed(5)
    const expected = [rand(3).tolist(), zeros(2).normal_().tolist()]
    const before = getRngState().tolist()
    const generator = new Generator().manualSeed(5)
    const drawn = ops.aten.rand([3], { generator }) as Tensor
    expect([drawn.tolist(), zeros(2).normal_(0, 1, { generator }).tolist()]).toEqual(expected)
    expect(getRngState().tolist()).toEqual(before)
  })

  test('a state can be taken and put back', () => {
    const generator = new Generator()
    expect([generator.initialSeed(), generator.device]).toEqual([67280421310721n, 'cpu'])
    const state = generator.getState()
    const first = ops.aten.randperm(9, { generator }) as Tensor
    generator.setState(state)
    expect((ops.aten.randperm(9, { generator }) as Tensor).tolist()).toEqual(first.tolist())
    expect(generator.seed()).toBe(generator.initialSeed())
    expect(() => generator.setState(zeros(3))).toThrow()
  })

  test('the default one', () => {
    manualSeed(-1)
    expect([initialSeed(), defaultGenerator.initialSeed()]).toEqual([
      2n ** 64n - 1n,
      2n ** 64n - 1n
    ])
    const state = getRngState()
    const first = rand(2).tolist()
    setRngState(state)
    expect(rand(2).tolist()).toEqual(first)
  })
})

describe('what libtorch does not check', () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      'no bins',
      () => ops.aten.histogramdd(ones(3, 2), [] as never),
      /'bins': expected at least one/
    ],
    [
      '2^53 steps',
      () => ops.aten.special_hermite_polynomial_h(ones(2), 2 ** 53 - 1),
      /at most 1.*e\+06/
    ],
    [
      'half a state',
      () => ops.aten.lstm_cell(ones(1, 2), [ones(1, 2)], ones(8, 2), ones(8, 2)),
      /2 elements/
    ],
    [
      'a short padding',
      () => ops.aten.reflection_pad1d(ones(1, 3), []),
      /expected (Sym)?[iI]nt\[\], got Array\(0\)/
    ],
    [
      'an internal operator',
      () => ops.aten._fft_c2r?.(ones(2), [9], 0, 1),
      /ops\.unchecked\.aten\._fft_c2r/
    ],
    ['its overload', () => ops.aten._fft_c2r?.['default']?.(ones(2), [9], 0, 1), /ops\.unchecked/]
  ])('is refused: %s', (_, call, message) => {
    expect(call).toThrow(message)
  })

  test('can be called all the same where the arguments are right', () => {
    const spectrum = torch.fft.rfft(tensor([1, 2, 3, 4]))
    const back = ops.unchecked.aten._fft_c2r!(spectrum, [0], 2, 4) as Tensor
    expect(back.tolist()).toEqual([1, 2, 3, 4])
    expect(ops.unchecked.aten.noSuchOperator).toBe(undefined)
  })
})
