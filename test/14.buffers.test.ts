import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { type DType, fromBuffer, ones, ops, tensor, zeros } from 'node-libtorch'

import { resultOf } from './fixtures/run_script'

/** What `call` throws; its realm is not this one, so classes are compared by name. */
function thrownBy(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
  return 'nothing'
}

const hex = (view: ArrayBufferView | ArrayBuffer) =>
  Buffer.from(ArrayBuffer.isView(view) ? view.buffer : view).toString('hex')

describe('fromBuffer', () => {
  test('shares the memory: writes are seen on both sides', () => {
    const data = Float32Array.of(1, 2, 3, 4)
    const made = fromBuffer(data, { shape: [2, 2] })
    data[3] = 9
    expect(made.tolist()).toEqual([
      [1, 2],
      [3, 9]
    ])
    made.mul_(2)
    expect(Array.from(data)).toEqual([2, 4, 6, 18])
    made.select(0, 1).zero_()
    expect(Array.from(data)).toEqual([2, 4, 0, 0])
  })

  // biome-ignore format: a table
  test.each<[string, ArrayBufferLike | ArrayBufferView, DType, number]>([
    ['Float32Array', new Float32Array(3), 'float32', 3],
    ['Float64Array', new Float64Array(3), 'float64', 3],
    ['Int8Array', new Int8Array(3), 'int8', 3],
    ['Uint8Array', new Uint8Array(3), 'uint8', 3],
    ['Uint8ClampedArray', new Uint8ClampedArray(3), 'uint8', 3],
    ['Int16Array', new Int16Array(3), 'int16', 3],
    ['Int32Array', new Int32Array(3), 'int32', 3],
    ['BigInt64Array', new BigInt64Array(3), 'int64', 3],
    ['Buffer', Buffer.alloc(3), 'uint8', 3],
    ['Buffer from the pool', Buffer.from('abc'), 'uint8', 3],
    ['ArrayBuffer', new ArrayBuffer(8), 'float32', 2],
    ['SharedArrayBuffer', new SharedArrayBuffer(8), 'float32', 2],
    ['DataView', new DataView(new ArrayBuffer(12), 4), 'float32', 2],
    ['an empty array', new Int32Array(0), 'int32', 0],
    ['an empty buffer', new ArrayBuffer(0), 'float32', 0]
  ])('takes %s by its own dtype', (_, buffer, dtype, length) => {
    const made = fromBuffer(buffer)
    expect([made.dtype, made.shape]).toEqual([dtype, [length]])
    expect(made.isShared()).toBe(buffer instanceof SharedArrayBuffer)
  })

  test('reads bits as the dtype says', () => {
    const half = Uint16Array.of(0x3e00, 0xc000, 0x7bff)
    expect(fromBuffer(half, { dtype: 'float16' }).tolist()).toEqual([1.5, -2, 65504])
    const brain = Uint16Array.of(0x3fc0, 0xc000)
    expect(fromBuffer(brain, { dtype: 'bfloat16' }).tolist()).toEqual([1.5, -2])
    const pair = fromBuffer(Float64Array.of(1, -2), { dtype: 'complex128' })
    expect(pair.tolist()).toEqual([{ re: 1, im: -2 }])
    expect(fromBuffer(Uint8Array.of(0, 1), { dtype: 'bool' }).tolist()).toEqual([false, true])
  })

  test('starts where byteOffset and the view say, and takes what shape needs', () => {
    const data = Float32Array.of(0, 1, 2, 3, 4, 5)
    expect(fromBuffer(data, { byteOffset: 8 }).tolist()).toEqual([2, 3, 4, 5])
    expect(fromBuffer(data.subarray(1, 4), { byteOffset: 4 }).tolist()).toEqual([2, 3])
    expect(fromBuffer(data.subarray(1), { shape: [2, 2] }).tolist()).toEqual([
      [1, 2],
      [3, 4]
    ])
    expect(fromBuffer(data, { shape: [] }).tolist()).toBe(0)
    expect(fromBuffer(data, { shape: [0, 7], byteOffset: 24 }).shape).toEqual([0, 7])
  })

  test('is a leaf that autograd follows', () => {
    const data = Float32Array.of(1, 2)
    const weight = fromBuffer(data, { requiresGrad: true })
    weight.mul(weight).sum().backward()
    expect(weight.grad?.tolist()).toEqual([2, 4])
    torch.noGrad(() => weight.sub_(weight.grad!))
    expect(Array.from(data)).toEqual([-1, -2])
  })

  test('keeps the buffer alive and in its place', () => {
    const { buffer } = Float32Array.of(1, 2)
    const made = fromBuffer(buffer)
    // Node 20 copies what may not be transferred, later ones refuse.
    thrownBy(() => structuredClone(buffer, { transfer: [buffer] }))
    expect(buffer.byteLength).toBe(8)
    for (const name of ['transfer', 'transferToFixedLength']) {
      const transfer = (buffer as unknown as Record<string, () => void>)[name]
      if (transfer)
        expect(thrownBy(transfer)).toMatch(/expected an ArrayBuffer that no tensor lies/)
    }
    expect(made.tolist()).toEqual([1, 2])
    expect(fromBuffer(buffer).tolist()).toEqual([1, 2])
  })

  test('refuses memory that could move, takes what only grows', () => {
    type Growing = new (length: number, options: { maxByteLength: number }) => ArrayBuffer
    const resizable = new (ArrayBuffer as Growing)(8, { maxByteLength: 16 })
    expect(thrownBy(() => fromBuffer(resizable))).toMatch(/^TypeError: buffer: .*fixed length/)
    expect(thrownBy(() => fromBuffer(new Uint8Array(resizable)))).toMatch(/fixed length/)
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 })
    expect(thrownBy(() => fromBuffer(memory.buffer))).toMatch(/^TypeError: buffer: .*WebAssembly/)
    memory.grow(1)
    expect(thrownBy(() => fromBuffer(new Uint8Array(memory.buffer)))).toMatch(/WebAssembly/)
    const gone = new ArrayBuffer(8)
    structuredClone(gone, { transfer: [gone] })
    expect(thrownBy(() => fromBuffer(gone))).toMatch(/^TypeError: buffer: .*transferred away/)

    const whole = new ArrayBuffer(65536)
    expect(fromBuffer(whole).shape).toEqual([16384])
    const pool = Buffer.alloc(65536)
    expect(fromBuffer(pool).shape).toEqual([65536])
    type Grown = SharedArrayBuffer & { grow(length: number): void }
    const growing = new (SharedArrayBuffer as unknown as Growing)(8, {
      maxByteLength: 1 << 20
    }) as unknown as Grown
    const before = fromBuffer(growing)
    growing.grow(1 << 20)
    before.fill_(2)
    expect(Array.from(new Float32Array(growing, 0, 3))).toEqual([2, 2, 0])
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true })
    const over = fromBuffer(shared.buffer)
    shared.grow(2)
    over.fill_(3)
    expect(new Float32Array(shared.buffer)[16383]).toBe(3)
  })

  test('is not fooled by a subclass that lies about its buffer', () => {
    class Liar extends Float32Array {
      override get byteLength() {
        return 1 << 30
      }
    }
    expect(thrownBy(() => fromBuffer(new Liar(2)))).toMatch(/^TypeError: buffer:/)
  })

  test('cannot be resized', () => {
    const made = fromBuffer(new Float32Array(2))
    expect(thrownBy(() => ops.aten.resize_(made, [100]))).toMatch(/not resizable/)
  })
})

test('a Float16Array, where the engine has it, is float16 bit for bit', () => {
  const half = (globalThis as Record<string, unknown>).Float16Array as
    | { of(...values: number[]): torch.TensorArray }
    | undefined
  // What stands for one in engines without it: its bits.
  const bits = Uint16Array.of(0x3e00, 0x7c01, 0x8000, 0x0001)
  const expected = fromBuffer(bits, { dtype: 'float16' })
  expect(hex(expected.view('int16').toTypedArray())).toBe(hex(bits))
  if (!half) return
  const array = half.of(1.5, -65504, 2 ** -24)
  expect(tensor(array).dtype).toBe('float16')
  expect(tensor(array).tolist()).toEqual([1.5, -65504, 2 ** -24])
  const over = fromBuffer(array as unknown as Uint16Array)
  over.fill_(2)
  expect(Array.from(array as unknown as number[])).toEqual([2, 2, 2])
})

describe('toTypedArray', () => {
  // biome-ignore format: a table
  test.each<[DType, string, number[]]>([
    ['float32', 'Float32Array', [1, 3, 2, 4]], ['float64', 'Float64Array', [1, 3, 2, 4]],
    ['float16', 'Float32Array', [1, 3, 2, 4]], ['bfloat16', 'Float32Array', [1, 3, 2, 4]],
    ['int64', 'BigInt64Array', [1, 3, 2, 4]], ['int32', 'Int32Array', [1, 3, 2, 4]],
    ['int16', 'Int16Array', [1, 3, 2, 4]], ['int8', 'Int8Array', [1, 3, 2, 4]],
    ['uint8', 'Uint8Array', [1, 3, 2, 4]], ['bool', 'Uint8Array', [1, 1, 1, 1]],
    ['complex64', 'Float32Array', [1, 0, 3, 0, 2, 0, 4, 0]],
    ['complex128', 'Float64Array', [1, 0, 3, 0, 2, 0, 4, 0]]
  ])('of a turned %s tensor', (dtype, kind, values) => {
    const turned = tensor([[1, 2], [3, 4]], { dtype }).t()
    for (const made of [turned, turned.contiguous()]) {
      const array = made.toTypedArray()
      expect(array[Symbol.toStringTag]).toBe(kind)
      expect(Array.from(array, Number)).toEqual(values)
    }
  })

  test('leaves autograd out of it, and resolves lazy conjugates', () => {
    const leaf = ones(2, { requiresGrad: true })
    expect(Array.from(leaf.expand(2, 2).toTypedArray(), Number)).toEqual([1, 1, 1, 1])
    expect(leaf.isLeaf).toBe(true)
    const conjugate = ops.aten.conj(tensor([{ re: 1, im: 2 }])) as torch.Tensor
    expect(Array.from(conjugate.toTypedArray(), Number)).toEqual([1, -2])
    const negative = ops.aten._neg_view(tensor([1, 2])) as torch.Tensor
    expect(Array.from(negative.toTypedArray(), Number)).toEqual([-1, -2])
  })

  test('of a tensor without memory, as autograd makes them, is zeros', () => {
    const leaf = ones(2, { requiresGrad: true })
    ;(ops.aten.sgn(leaf) as torch.Tensor).sum().backward()
    expect(leaf.grad!.tolist()).toEqual([0, 0])
    const zero = ops.unchecked.aten._efficientzerotensor([1]) as torch.Tensor
    expect([zero.item(), zero.tolist()]).toEqual([0, [0]])
    expect(thrownBy(() => zero.shareMemory_())).toMatch(/^TypeError: shareMemory_: .*; use/)
    expect(torch.fromMessage<torch.Tensor>(torch.toMessage(zero)).tolist()).toEqual([0])
  })

  test('refuses a sparse tensor', () => {
    const sparse = ops.aten.to_sparse(ones(2)) as torch.Tensor
    expect(thrownBy(() => sparse.toTypedArray())).toMatch(/^\w*Error: toTypedArray\(float32\[2\]\)/)
  })

  test('takes one copy, of a tensor in any order', () => {
    const { tensorBytes, grownBytes } = resultOf('buffers.js', ['oneCopy']) as Record<
      string,
      number
    >
    expect(grownBytes).toBeGreaterThan(tensorBytes! * 0.9)
    expect(grownBytes).toBeLessThan(tensorBytes! * 1.5)
  })
})

describe('complex numbers', () => {
  test('go in and out as { re, im }', () => {
    const made = tensor([[{ re: 1, im: -2 }, 3]])
    expect([made.dtype, made.shape]).toEqual(['complex64', [1, 2]])
    const values = [
      [
        { re: 1, im: -2 },
        { re: 3, im: 0 }
      ]
    ]
    expect(made.tolist()).toEqual(values)
    expect(tensor({ re: 0.1, im: 0 }, { dtype: 'complex128' }).tolist()).toEqual({ re: 0.1, im: 0 })
    expect(tensor([1, 2], { dtype: 'complex64' }).tolist()).toEqual([
      { re: 1, im: 0 },
      { re: 2, im: 0 }
    ])
    expect(zeros(1, { dtype: 'complex128' }).dtype).toBe('complex128')
  })

  test('are followed by autograd', () => {
    const leaf = tensor([{ re: 3, im: 4 }], { requiresGrad: true })
    expect(leaf.isLeaf).toBe(true)
    leaf.abs().sum().backward()
    const [{ re, im }] = leaf.grad!.tolist<torch.Complex>() as [torch.Complex]
    expect(re).toBeCloseTo(0.6)
    expect(im).toBeCloseTo(0.8)
  })

  test('print as in Python', () => {
    expect(`${tensor([{ re: 1, im: 2 }])}`).toBe('tensor([1.+2.j])')
    expect(`${tensor([{ re: 1.5, im: -2 }], { dtype: 'complex128' })}`).toBe(
      'tensor([1.5000-2.j], dtype=torch.complex128)'
    )
  })
})

describe('memory', () => {
  test('the buffer is collectable once the tensor is gone, and not before', () => {
    expect(resultOf('buffers.js', ['collectable'], ['--expose-gc'])).toEqual({
      whileHeld: true,
      sum: 6,
      afterwards: false,
      live: 0,
      bytes: 0
    })
  })

  test('a dead view keeps nothing, a living one keeps the buffer', () => {
    expect(resultOf('buffers.js', ['views'], ['--expose-gc'])).toEqual({
      withView: true,
      values: [2, 3],
      without: false
    })
  })

  test('5,000 megabytes of buffers pass through a loop', () => {
    expect(resultOf('buffers.js', ['loop'])).toEqual({ sum: 5000, little: true })
  })

  test('50 workers are terminated while they hold buffers', () => {
    expect(resultOf('buffers.js', ['terminated'])).toEqual({ codes: [1], sum: 3 })
  })
})
