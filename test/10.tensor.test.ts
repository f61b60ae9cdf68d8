import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { type DType, tensor, zeros } from 'node-libtorch'

const error = (name: string) => expect.objectContaining({ name })

describe('tensor(data)', () => {
  test('takes a number, a boolean or a BigInt as a scalar', () => {
    const cases: [number | boolean | bigint, DType][] = [
      [1.5, 'float32'],
      [true, 'bool'],
      [false, 'bool'],
      [7n, 'int64']
    ]
    for (const [value, dtype] of cases) {
      const made = tensor(value)
      expect([made.shape, made.dtype, made.ndim, made.numel()]).toEqual([[], dtype, 0, 1])
      expect(made.item()).toBe(typeof value === 'bigint' ? 7 : value)
      expect(made.tolist()).toBe(made.item())
    }
  })

  test('takes nested arrays, one level a dimension', () => {
    const cube = [
      [
        [1, 2],
        [3, 4],
        [5, 6]
      ],
      [
        [7, 8],
        [9, 10],
        [11, 12]
      ]
    ]
    const made = tensor(cube)
    expect([made.shape, made.dtype, made.device]).toEqual([[2, 3, 2], 'float32', 'cpu'])
    expect(made.tolist()).toEqual(cube)
    expect(Array.from(made.toTypedArray(), Number)).toEqual(cube.flat(2))
    expect(tensor([]).shape).toEqual([0])
    expect(tensor([[], []]).shape).toEqual([2, 0])
    expect(tensor([[], []]).tolist()).toEqual([[], []])
    expect(tensor([[true, false]]).dtype).toBe('bool')
    expect(tensor([true, 2]).tolist()).toEqual([1, 2])
  })

  test('takes arrays longer than its stage', () => {
    const long = Array.from({ length: 1000 }, (_, i) => i / 8)
    expect(tensor(long).tolist()).toEqual(long)
    expect(
      tensor(long, { shape: [10, 100] })
        .select(0, 3)
        .tolist()
    ).toEqual(long.slice(300, 400))
  })

  test('rounds to the nearest value of the dtype', () => {
    expect(tensor(0.1).item()).toBe(Math.fround(0.1))
    expect(tensor(0.1, { dtype: 'float64' }).item()).toBe(0.1)
    expect(tensor(2049, { dtype: 'float16' }).item()).toBe(2048)
    expect(tensor(257, { dtype: 'bfloat16' }).item()).toBe(256)
    expect(tensor([1.9, -1.9], { dtype: 'int32' }).tolist()).toEqual([1, -1])
    expect(tensor([0, 0.5, -3, NaN], { dtype: 'bool' }).tolist()).toEqual([false, true, true, true])
  })

  // biome-ignore format: a table
  test.each<[DType, ArrayLike<number | bigint> & { buffer: ArrayBufferLike }]>([
    ['float32', Float32Array.of(0.1, -0, NaN, Infinity, 1e-45, 3.4e38)],
    ['float64', Float64Array.of(0.1, -0, NaN, -Infinity, 5e-324, 1.7e308)],
    ['int8', Int8Array.of(-128, 127, 0, 1, 2, 3)],
    ['uint8', Uint8Array.of(0, 255, 1, 2, 3, 4)],
    ['int16', Int16Array.of(-32768, 32767, 0, 1, 2, 3)],
    ['int32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 1, 2, 3)],
    ['int64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, 0n, 1n, -1n)]
  ])('copies a typed array of %s, with a shape', (dtype, array) => {
    const made = tensor(array as Float32Array, { shape: [2, 3] })
    expect([made.shape, made.dtype]).toEqual([[2, 3], dtype])
    const back = made.toTypedArray()
    expect(Object.prototype.toString.call(back)).toBe(Object.prototype.toString.call(array))
    expect(Buffer.from(back.buffer).toString('hex')).toBe(Buffer.from(array.buffer).toString('hex'))
    expect((made.tolist() as unknown[][]).flat()).toEqual(Array.from(array))
    expect(tensor(array as Float32Array).shape).toEqual([6])
  })

  test('takes part of a buffer', () => {
    const whole = Float32Array.of(0, 1, 2, 3, 4)
    expect(tensor(whole.subarray(1, 3)).tolist()).toEqual([1, 2])
    expect(tensor(Uint8ClampedArray.of(300, 5)).tolist()).toEqual([255, 5])
  })

  test('copies: neither side sees later changes of the other', () => {
    const array = Float32Array.of(1, 2)
    const made = tensor(array)
    array[0] = 9
    expect(made.tolist()).toEqual([1, 2])
    made.toTypedArray()[1] = 9
    expect(made.tolist()).toEqual([1, 2])
  })

  test('reads a tensor that is not contiguous in row-major order', () => {
    const turned = tensor([
      [1, 2, 3],
      [4, 5, 6]
    ]).transpose(0, 1)
    expect(turned.tolist()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6]
    ])
    expect(Array.from(turned.toTypedArray(), Number)).toEqual([1, 4, 2, 5, 3, 6])
  })

  test('refuses what is no rectangle or does not fit', () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(error('RangeError'))
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(error('RangeError'))
    expect(() => tensor([1, 2n])).toThrow(error('TypeError'))
    expect(() => tensor([1], { dtype: 'int64', requiresGrad: true })).toThrow(error('TypeError'))
  })
})

describe('reading back', () => {
  // biome-ignore format: a table
  test.each<DType>([
    'float32',
    'float64',
    'float16',
    'bfloat16',
    'int64',
    'int32',
    'int16',
    'int8',
    'uint8'
  ])('%s goes round: item, tolist, toTypedArray', (dtype) => {
    const values = dtype.includes('float') ? [0.5, -2, 96] : [5, 2, 96]
    const made = tensor(values, { dtype })
    expect(made.dtype).toBe(dtype)
    expect(made.tolist()).toEqual(values)
    expect(Array.from(made.toTypedArray(), Number)).toEqual(values)
    expect(made.select(0, 2).item()).toBe(96)
  })

  test('half precision widens to a Float32Array', () => {
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const array = tensor([1.5, 65280], { dtype }).toTypedArray()
      expect(Object.prototype.toString.call(array)).toBe('[object Float32Array]')
      expect(Array.from(array, Number)).toEqual([1.5, 65280])
    }
  })

  test('bool is booleans, and a Uint8Array of 0 and 1', () => {
    const made = tensor([true, false])
    expect(made.tolist()).toEqual([true, false])
    expect(made.select(0, 0).item()).toBe(true)
    expect(Array.from(made.toTypedArray(), Number)).toEqual([1, 0])
  })

  test('int64 is numbers up to 2^53 and BigInts beyond', () => {
    const last = Number.MAX_SAFE_INTEGER
    expect(tensor([BigInt(last), -BigInt(last)]).tolist()).toEqual([last, -last])
    const far = tensor([2n ** 53n + 1n, 1n, -(2n ** 63n)])
    expect(far.tolist()).toEqual([2n ** 53n + 1n, 1n, -(2n ** 63n)])
    expect(far.select(0, 0).item<bigint>()).toBe(9007199254740993n)
    expect(far.select(0, 1).item()).toBe(1)
    expect(tensor(2n ** 63n - 1n).item<bigint>()).toBe(9223372036854775807n)
    expect(() => tensor(2n ** 63n)).toThrow(error('RangeError'))
  })

  test('item is for one element of any shape', () => {
    expect(tensor([[[3]]]).item()).toBe(3)
    expect(() => tensor([1, 2]).item()).toThrow(/one element/)
  })
})

describe('a tensor among JavaScript values', () => {
  test('compares and converts as its number', () => {
    const loss = tensor(0.25)
    expect(Number(loss)).toBe(0.25)
    expect((loss as unknown as number) < 0.3).toBe(true)
    expect((loss as unknown as number) > 0.3).toBe(false)
    expect(Math.max(loss as unknown as number, 0.1)).toBe(0.25)
    expect(+(tensor(2n ** 53n + 2n) as unknown as number)).toBe(2 ** 53 + 2)
    expect(() => Number(tensor([1, 2]))).toThrow(/one element/)
  })

  test('reads as Python prints it', () => {
    expect(`${tensor([1, 2.5])}`).toBe('tensor([1.0000, 2.5000])')
    expect(String(tensor([1n]))).toBe('tensor([1])')
    const leaf = tensor([1], { requiresGrad: true })
    expect(String(leaf.add(1))).toBe('tensor([2.], grad_fn=<AddBackward0>)')
    expect(String(zeros(2000))).toBe('tensor([0., 0., 0.,  ..., 0., 0., 0.])')
  })

  test('refuses a + b, which would lose the graph', () => {
    const [a, b] = [tensor(1), tensor(2)] as unknown as [number, number]
    expect(() => a + b).toThrow(error('TypeError'))
    expect(() => a + b).toThrow(/a\.add\(b\)/)
  })

  test('isTensor knows its own', () => {
    expect(torch.isTensor(tensor(1))).toBe(true)
    for (const other of [1, null, undefined, [], {}, Object.create(torch.Tensor.prototype)]) {
      expect(torch.isTensor(other)).toBe(false)
    }
  })
})

describe('to', () => {
  test('changes the dtype, by name or by options', () => {
    const from = tensor([1.7, -2.2, 0])
    expect(from.to('int32').tolist()).toEqual([1, -2, 0])
    expect(from.to({ dtype: 'bool' }).tolist()).toEqual([true, true, false])
    expect(from.to({ device: 'cpu', dtype: 'float64' }).dtype).toBe('float64')
    expect(from.dtype).toBe('float32')
  })

  test('is the same tensor where nothing changes', () => {
    const from = tensor([1])
    expect(from.to('float32')).toBe(from)
    expect(from.to('cpu')).toBe(from)
    expect(from.to({})).toBe(from)
  })

  test('is followed by autograd', () => {
    const leaf = tensor([1, 2], { requiresGrad: true })
    leaf.to('float64').mul(3).sum().backward()
    expect(leaf.grad!.dtype).toBe('float32')
    expect(leaf.grad!.tolist()).toEqual([3, 3])
  })
})

test('a disposed tensor is named in the error, and disposing again is no error', () => {
  const made = tensor([1, 2])
  made.dispose()
  made.dispose()
  expect(() => made.shape).toThrow(/disposed/)
  expect(() => tensor([1, 2]).add(made)).toThrow(error('TypeError'))
})
