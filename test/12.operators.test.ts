import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { type Tensor, ops, tensor } from 'node-libtorch'
import { camelCase } from '../lib/names'
import { defineLazily, lookUp } from '../lib/operators/call'
import * as generated from '../lib/operators/generated'

type Callable = (...args: unknown[]) => unknown

const error = (name: string) => expect.objectContaining({ name })
const a = tensor([
  [1, 2, 3],
  [4, 5, 6]
])
const b = tensor([
  [6, 5, 4],
  [3, 2, 1]
])

/** Elements rounded to 5 decimals, for results that are not exact. */
const rounded = (made: Tensor) =>
  JSON.parse(JSON.stringify(made.tolist()), (_, value) =>
    typeof value === 'number' ? Math.round(value * 1e5) / 1e5 : value
  )

describe('values', () => {
  // biome-ignore format: a table
  test.each<[string, () => Tensor, unknown]>([
    ['add', () => a.add(b), [[7, 7, 7], [7, 7, 7]]],
    ['add a number', () => a.add(0.5), [[1.5, 2.5, 3.5], [4.5, 5.5, 6.5]]],
    ['add with alpha', () => a.add(b, { alpha: -2 }), [[-11, -8, -5], [-2, 1, 4]]],
    ['add a row', () => a.add(tensor([10, 20, 30])), [[11, 22, 33], [14, 25, 36]]],
    ['sub', () => a.sub(b), [[-5, -3, -1], [1, 3, 5]]],
    ['sub with alpha', () => a.sub(1, { alpha: 3 }), [[-2, -1, 0], [1, 2, 3]]],
    ['mul', () => a.mul(b), [[6, 10, 12], [12, 10, 6]]],
    ['mul by a column', () => a.mul(tensor([[2], [0]])), [[2, 4, 6], [0, 0, 0]]],
    ['div', () => a.div(2), [[0.5, 1, 1.5], [2, 2.5, 3]]],
    ['div trunc', () => tensor([-7, 7]).div(2, { roundingMode: 'trunc' }), [-3, 3]],
    ['div floor', () => tensor([-7, 7]).div(2, { roundingMode: 'floor' }), [-4, 3]],
    ['neg', () => a.select(0, 0).neg(), [-1, -2, -3]],
    ['abs', () => tensor([-1, 2]).abs(), [1, 2]],
    ['pow', () => tensor([2, 3]).pow(3), [8, 27]],
    ['pow of tensors', () => tensor([2, 3]).pow(tensor([4, 0])), [16, 1]],
    ['square', () => tensor([-3]).square(), [9]],
    ['sqrt', () => tensor([9, 2.25]).sqrt(), [3, 1.5]],
    ['clamp', () => a.clamp(2, 4), [[2, 2, 3], [4, 4, 4]]],
    ['clamp above', () => a.clamp(null, 2), [[1, 2, 2], [2, 2, 2]]],
    ['matmul', () => a.matmul(b.transpose(0, 1)), [[28, 10], [73, 28]]],
    ['matmul of a vector', () => a.matmul(tensor([1, 0, -1])), [-2, -2]],
    [
      'matmul of batches',
      () => tensor([[[1, 2]], [[3, 4]]]).matmul(tensor([[1], [1]])),
      [[[3]], [[7]]]],
    ['mm', () => a.mm(torch.eye(3)), a.tolist()],
    ['dot', () => tensor([1, 2]).dot(tensor([3, 4])), 11],
    ['t', () => a.t(), [[1, 4], [2, 5], [3, 6]]],
    ['eq', () => a.eq(b), [[false, false, false], [false, false, false]]],
    ['lt', () => a.lt(b), [[true, true, true], [false, false, false]]],
    ['ge a number', () => a.ge(4), [[false, false, false], [true, true, true]]],
    ['isnan', () => tensor([NaN, 1]).isnan(), [true, false]],
    ['indexSelect', () => a.indexSelect(1, tensor([2n, 0n])), [[3, 1], [6, 4]]],
    ['cat', () => torch.cat([a, b], 1), [[1, 2, 3, 6, 5, 4], [4, 5, 6, 3, 2, 1]]],
    ['stack', () => torch.stack([tensor([1]), tensor([2])]), [[1], [2]]]])('%s', (_, run, expected) => {
    expect(run().tolist()).toEqual(expected)
  })

  // biome-ignore format: a table
  test.each<[string, () => Tensor, unknown]>([
    ['relu', () => tensor([-1, 0, 2]).relu(), [0, 0, 2]],
    ['sigmoid', () => tensor([0, 1]).sigmoid(), [0.5, 0.73106]],
    ['tanh', () => tensor([0, 1]).tanh(), [0, 0.76159]],
    ['exp', () => tensor([0, 2]).exp(), [1, 7.38906]],
    ['log', () => tensor([1, 3]).log(), [0, 1.09861]],
    ['softmax of rows', () => tensor([[0, Math.log(3)], [5, 5]]).softmax(1), [[0.25, 0.75], [0.5, 0.5]]],
    ['softmax of columns', () => tensor([[0, 1], [0, 1]]).softmax(0), [[0.5, 0.5], [0.5, 0.5]]],
    ['logSoftmax', () => tensor([0, Math.log(2)]).logSoftmax(0), [-1.09861, -0.40547]],
    ['softmax in another dtype', () => tensor([0, 0]).softmax(0, { dtype: 'float64' }), [0.5, 0.5]],
    ['std', () => tensor([1, 2, 3, 4]).std(), 1.29099],
    ['var without correction', () => tensor([1, 2, 3, 4]).var(0, false), 1.25],
    ['norm', () => tensor([3, 4]).norm(), 5]
  ])('%s', (_, run, expected) => {
    expect(rounded(run())).toEqual(expected)
  })

  test('functions are the methods, with the tensor first', () => {
    expect(torch.add(a, b, { alpha: 2 }).tolist()).toEqual(a.add(b, { alpha: 2 }).tolist())
    expect(torch.matmul(a, b.t()).tolist()).toEqual(a.matmul(b.t()).tolist())
    expect(torch.softmax(a, 1).tolist()).toEqual(a.softmax(1).tolist())
    expect(torch.mean(a, { dim: 0 }).tolist()).toEqual([2.5, 3.5, 4.5])
    expect(torch.equal(a, a.clone())).toBe(true)
    expect(a.equal(b)).toBe(false)
    expect(torch.allclose(a, a.add(1e-6))).toBe(true)
    expect(a.allclose(a.add(0.1), 0, 0.05)).toBe(false)
    expect(a.allclose(a.add(0.1), 0, 0.2)).toBe(true)
  })
})

describe('sum and mean', () => {
  test('over everything', () => {
    expect([a.sum().item(), a.mean().item(), a.sum().shape]).toEqual([21, 3.5, []])
  })

  // biome-ignore format: a table
  test.each<[string, () => Tensor, unknown]>([
    ['a dim', () => a.sum(0), [5, 7, 9]],
    ['a negative dim', () => a.sum(-1), [6, 15]],
    ['dims', () => a.sum([0, 1]), 21],
    ['dim and keepdim', () => a.sum(1, true), [[6], [15]]],
    ['dim by keyword', () => a.sum({ dim: 1 }), [6, 15]],
    ['both by keyword', () => a.sum({ dim: 1, keepdim: true }), [[6], [15]]],
    ['dim, then keepdim by keyword', () => a.sum(1, { keepdim: true }), [[6], [15]]],
    ['mean', () => a.mean(0, true), [[2.5, 3.5, 4.5]]],
    ['mean by keyword', () => a.mean({ dim: [0, 1], keepdim: true }), [[3.5]]]])('by %s', (_, run, expected) => {
    expect(run().tolist()).toEqual(expected)
  })

  test('dtype by keyword', () => {
    expect(a.sum({ dtype: 'float64' }).dtype).toBe('float64')
    expect(tensor([1n, 2n]).mean({ dtype: 'float32' }).item()).toBe(1.5)
    expect(tensor([true, true]).sum().dtype).toBe('int64')
  })

  test('several results come as an array', () => {
    const [values, indices] = a.max(1)
    expect([values.tolist(), indices.tolist(), indices.dtype]).toEqual([[3, 6], [2, 2], 'int64'])
    expect(a.min(0, true)[0].tolist()).toEqual([[1, 2, 3]])
    expect([a.max().item(), a.min().item(), a.argmax().item()]).toEqual([6, 1, 5])
    expect(a.max(b).tolist()).toEqual([
      [6, 5, 4],
      [4, 5, 6]
    ])
    expect(a.argmin(1, true).tolist()).toEqual([[0], [0]])
  })
})

describe('views', () => {
  test('share their values with the tensor', () => {
    const base = torch.arange(6).reshape(2, 3)
    base.select(0, 1).fill_(7)
    base.narrow(1, 0, 1).mul_(-1)
    expect(base.tolist()).toEqual([
      [-0, 1, 2],
      [-7, 7, 7]
    ])
    base.slice(1, 1, null, 1).zero_()
    expect(base.tolist()).toEqual([
      [-0, 0, 0],
      [-7, 0, 0]
    ])
    base.transpose(0, 1).select(0, 2).fill_(9)
    expect(base.tolist()).toEqual([
      [-0, 0, 9],
      [-7, 0, 9]
    ])
    base.clone().zero_()
    expect(base.tolist()).toEqual([
      [-0, 0, 9],
      [-7, 0, 9]
    ])
  })

  // biome-ignore format: a table
  test.each<[string, () => Tensor, unknown]>([
    ['select', () => a.select(1, 1), [2, 5]],
    ['select from the end', () => a.select(0, -1), [4, 5, 6]],
    ['narrow', () => a.narrow(1, 1, 2), [[2, 3], [5, 6]]],
    ['slice', () => a.slice(1, 0, 3, 2), [[1, 3], [4, 6]]],
    ['slice to the end', () => a.slice(1, -1), [[3], [6]]],
    ['slice from null', () => a.slice(0, null, 1), [[1, 2, 3]]],
    ['reshape varargs', () => a.reshape(3, 2), [[1, 2], [3, 4], [5, 6]]],
    ['reshape array', () => a.reshape([6]), [1, 2, 3, 4, 5, 6]],
    ['reshape -1', () => a.reshape(-1, 2), [[1, 2], [3, 4], [5, 6]]],
    ['view', () => a.view(1, 6), [[1, 2, 3, 4, 5, 6]]],
    ['view array', () => a.view([1, 6]), [[1, 2, 3, 4, 5, 6]]],
    ['transpose', () => a.transpose(0, -1), [[1, 4], [2, 5], [3, 6]]],
    ['permute varargs', () => a.permute(1, 0), [[1, 4], [2, 5], [3, 6]]],
    ['permute array', () => a.permute([1, 0]), [[1, 4], [2, 5], [3, 6]]],
    ['flatten', () => a.flatten(), [1, 2, 3, 4, 5, 6]],
    ['unsqueeze', () => tensor([1, 2]).unsqueeze(-1), [[1], [2]]],
    ['squeeze', () => tensor([[[1], [2]]]).squeeze(), [1, 2]],
    ['squeeze a dim', () => tensor([[[1], [2]]]).squeeze(0), [[1], [2]]],
    ['expand', () => tensor([[1], [2]]).expand(2, 2), [[1, 1], [2, 2]]],
    ['expand array', () => tensor([1]).expand([2, 1]), [[1], [1]]]])('%s', (_, run, expected) => {
    expect(run().tolist()).toEqual(expected)
  })

  test('permute of three dimensions has the shape and values of each turn', () => {
    const cube = torch.arange(24).reshape(2, 3, 4)
    expect(cube.permute(2, 0, 1).shape).toEqual([4, 2, 3])
    expect(cube.permute(2, 0, 1).select(0, 1).tolist()).toEqual([
      [1, 5, 9],
      [13, 17, 21]
    ])
    expect(cube.transpose(0, 2).shape).toEqual([4, 3, 2])
  })
})

describe('in place', () => {
  test('returns the same object, changed', () => {
    const made = tensor([1, 2])
    expect(made.add_(1)).toBe(made)
    expect(made.mul_(tensor([2, 3]))).toBe(made)
    expect(made.sub_(1, { alpha: 0.5 })).toBe(made)
    expect(made.div_(0.5)).toBe(made)
    expect(made.tolist()).toEqual([7, 17])
    expect(made.copy_(tensor([5, 6]))).toBe(made)
    expect(ops.aten.add_!(made, 1)).toBe(made)
    expect(made.tolist()).toEqual([6, 7])
    expect(made.fill_(3).zero_()).toBe(made)
    expect(made.requiresGrad_()).toBe(made)
  })

  test('an out argument is what comes back', () => {
    const out = torch.zeros(2)
    expect(ops.aten.add!(tensor([1, 2]), tensor([3, 4]), { out })).toBe(out)
    expect(out.tolist()).toEqual([4, 6])
  })

  test('uniform_ and normal_ draw in their range', () => {
    torch.manualSeed(1)
    const made = torch.zeros(1000)
    expect(made.uniform_(-3, -2)).toBe(made)
    expect([made.min().item() >= -3, made.max().item() < -2]).toEqual([true, true])
    expect(made.normal_(10, 0.1).mean().item()).toBeCloseTo(10, 1)
  })
})

describe('members of Tensor', () => {
  test('are looked up when they are first read, and are the same function from then on', () => {
    const before = Object.getOwnPropertyDescriptor(torch.Tensor.prototype, 'logicalXor')
    expect(before).toMatchObject({ configurable: true, enumerable: false })
    expect(before?.get).toBeInstanceOf(Function)
    const method = torch.Tensor.prototype.logicalXor
    const after = Object.getOwnPropertyDescriptor(torch.Tensor.prototype, 'logicalXor')
    expect(after).toMatchObject({ writable: true, enumerable: false })
    expect(after?.value).toBe(method)
    expect(method.call(tensor([true]), tensor([false])).tolist()).toEqual([true])
  })

  test('work where their place is frozen, too', () => {
    const place: Record<string, unknown> = {}
    defineLazily(place, 'lazy', true, () => a)
    Object.freeze(place)
    expect([place['lazy'] === a, place['lazy'] === a]).toEqual([true, true])
    expect(() => (place['lazy'] = b)).toThrow(error('TypeError'))
  })

  test('can be replaced, on one tensor and on all', () => {
    const { prototype } = torch.Tensor
    const one = tensor([2])
    one.erfinv = () => one
    expect([one.erfinv() === one, Object.hasOwn(prototype, 'erfinv')]).toEqual([true, true])
    const original = prototype.digamma
    prototype.digamma = () => one
    expect(a.digamma()).toBe(one)
    prototype.digamma = original
    expect(rounded(tensor([1]).digamma())).toEqual([-0.57722])
  })

  // biome-ignore format: a table
  test.each<[string, () => Tensor, unknown]>([
    ['T', () => a.T, [[1, 4], [2, 5], [3, 6]]],
    ['mT', () => tensor([[[1, 2]]]).mT, [[[1], [2]]]],
    ['H', () => a.H, [[1, 4], [2, 5], [3, 6]]],
    ['mH', () => tensor([[[1, 2]]]).mH, [[[1], [2]]]],
    ['real', () => torch.complex(a, b).real, a.tolist()],
    ['imag', () => torch.complex(a, b).imag, b.tolist()],
    ['where, whose tensor is the second argument', () => a.where(a.gt(2), 0), [[0, 0, 3], [4, 5, 6]]],
    ['where by keyword', () => a.where(a.gt(2), { other: b }), [[6, 5, 3], [4, 5, 6]]],
    ['maskedFill_', () => a.clone().maskedFill_(a.gt(2), 9), [[1, 2, 9], [9, 9, 9]]],
    ['atleast2d', () => torch.atleast2d(tensor(1)), [[1]]],
    ['newZeros', () => a.newZeros(1, 2), [[0, 0]]]])('%s', (_, run, expected) => {
    expect(run().tolist()).toEqual(expected)
  })

  test('polygamma, whose tensor is the second argument', () => {
    expect(rounded(tensor([1, 2]).polygamma(1))).toEqual([1.64493, 0.64493])
  })
})

describe('functions and namespaces', () => {
  // biome-ignore format: a table
  test.each<[string, () => Tensor, unknown]>([
    ['where', () => torch.where(a.gt(2), a, b), [[6, 5, 3], [4, 5, 6]]],
    ['einsum', () => torch.einsum('ij,kj->ik', [a, b]), [[28, 10], [73, 28]]],
    ['addmm', () => torch.addmm(torch.ones(2), a, b.t(), { beta: 2 }), [[30, 12], [75, 30]]],
    ['bitwiseAnd', () => torch.bitwiseAnd(tensor([6n]), 3), [2]],
    ['var', () => torch.var(tensor([1, 3]), 0, false), 1],
    ['abs_', () => torch.abs_(tensor([-1])), [1]],
    ['logspace', () => torch.logspace(0, 2, 3), [1, 10, 100]],
    ['trilIndices', () => torch.trilIndices(2, 2), [[0, 1, 1], [0, 0, 1]]],
    ['conv2d by keyword', () => torch.conv2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 1, 1), { stride: 2 }), [[[[1]]]]],
    ['linalg.inv', () => torch.linalg.inv(tensor([[2, 0], [0, 4]])), [[0.5, 0], [0, 0.25]]],
    ['linalg.norm', () => torch.linalg.norm(tensor([3, 4])), 5],
    ['fft.fftshift', () => torch.fft.fftshift(tensor([1, 2, 3, 4])), [3, 4, 1, 2]],
    ['special.xlogy', () => torch.special.xlogy(0, tensor([0])), [0]]])('%s', (_, run, expected) => {
    expect(run().tolist()).toEqual(expected)
  })

  test('fill out and return it', () => {
    const out = torch.zeros(2, 3)
    expect(torch.add(a, b, { out })).toBe(out)
    expect(out.tolist()).toEqual(a.add(b).tolist())
  })

  test('each name leads to an operator, or says that the loaded libtorch has none', () => {
    const { default: members, fft, linalg, special, ...functions } = generated
    const { prototype } = torch.Tensor as unknown as { prototype: Record<string, Callable> }
    const methods = members.methods.map((name) => [name, prototype[camelCase(name)]] as const)
    const calls = [
      ...[functions, fft, linalg, special].flatMap((place) => Object.entries<Callable>(place)),
      ...methods.map(([name, method]) => [name, (self: unknown) => method!.call(self)] as const)
    ]
    expect(calls.length).toBeGreaterThan(1200)
    const wrong = calls.flatMap(([name, call]) => {
      try {
        call('no tensor', 'at all')
        return [`${name}: nothing thrown`]
      } catch (thrown) {
        const { message } = thrown as Error
        const isClear = /expected|takes|no operator of this name|no overload/.test(message)
        return isClear ? [] : [`${name}: ${message}`]
      }
    })
    expect(wrong).toEqual([])
  })

  test('an operator that the loaded libtorch has not: a clear error when it is called', () => {
    expect(() => lookUp('no_such_operator', false)(a)).toThrow(
      /^no_such_operator: the loaded libtorch \d\S* has no operator of this name; use a newer one$/
    )
  })
})

describe('ops', () => {
  test('every operator by its own name, one overload as a property', () => {
    const { aten } = ops
    const ones = torch.ones(2)
    expect((aten.add!(ones, 2) as Tensor).tolist()).toEqual([3, 3])
    expect((aten.add!.Tensor!(ones, ones) as Tensor).tolist()).toEqual([2, 2])
    expect((aten.add!.Scalar!(ones, 3, 2) as Tensor).tolist()).toEqual([7, 7])
    expect((aten.sum!.dim_IntList!(a, [0]) as Tensor).tolist()).toEqual([5, 7, 9])
    expect((aten.relu!.default!(tensor([-1])) as Tensor).tolist()).toEqual([0])
    expect(() => aten.add!.Scalar!(ones, ones)).toThrow(error('TypeError'))
    expect(aten.add!.nosuch).toBeUndefined()
    expect(aten.noSuchOperator).toBeUndefined()
    expect(aten.add).toBe(aten.add)
  })

  test('keywords by camelCase and by their own names', () => {
    const mm = ops.aten.addmm!
    const args = [torch.ones(2, 2), a, b.t()]
    expect((mm(...args, { beta: 2, alpha: 0 }) as Tensor).tolist()).toEqual([
      [2, 2],
      [2, 2]
    ])
    for (const key of ['rounding_mode', 'roundingMode']) {
      const made = ops.aten.div!(tensor([7]), 2, { [key]: 'floor' }) as Tensor
      expect(made.tolist()).toEqual([3])
    }
    expect(() => ops.aten.relu!(a, { nosuch: 1 })).toThrow(/nosuch/)
  })

  test('one number stands for a list of as many as the operator wants', () => {
    const [image, kernel] = [torch.rand(1, 1, 5, 5), torch.rand(1, 1, 3, 3)]
    const listed = ops.aten.conv2d!(image, kernel, null, [2, 2], [1, 1]) as Tensor
    expect((ops.aten.conv2d!(image, kernel, null, 2, 1) as Tensor).tolist()).toEqual(
      listed.tolist()
    )
    expect(listed.shape).toEqual([1, 1, 3, 3])
  })

  test('an undefined tensor is null', () => {
    const backward = ops.aten.native_layer_norm_backward!
    const layerNorm = ops.aten.native_layer_norm!
    const [, mean, rstd] = layerNorm(a, [3], null, null, 1e-5) as Tensor[]
    const wanted = [true, false, false]
    const grads = backward(torch.onesLike(a), a, [3], mean, rstd, null, null, wanted) as unknown[]
    expect(torch.isTensor(grads[0])).toBe(true)
    expect(grads.slice(1)).toEqual([null, null])
  })

  test('a call that no overload takes says why, and throws no C++ trace', () => {
    expect(() => (a.add as (x: unknown) => unknown)('x')).toThrow(error('TypeError'))
    expect(() => (a.add as (x: unknown) => unknown)('x')).toThrow(/string 'x'/)
    expect(() => a.matmul(a)).toThrow(/float32\[2, 3\], float32\[2, 3\]/)
    expect(() => a.matmul(a)).toThrow(
      expect.not.objectContaining({ message: expect.stringMatching(/frame #|\.cpp/) })
    )
    expect(() => a.select(0, 5)).toThrow(error('RangeError'))
  })
})

test('the kind of a number decides the dtype, as in Python', () => {
  const whole = tensor([1n, 2n])
  expect(whole.add(1).dtype).toBe('int64')
  expect(whole.add(1.5).dtype).toBe('float32')
  expect(whole.div(2).tolist()).toEqual([0.5, 1])
  expect(a.add(1.5).dtype).toBe('float32')
  expect(tensor([1], { dtype: 'float64' }).add(a).dtype).toBe('float64')
  expect(
    tensor([2n ** 60n])
      .add(1)
      .item<bigint>()
  ).toBe(2n ** 60n + 1n)
  expect(whole.add(2n ** 60n).tolist()).toEqual([2n ** 60n + 1n, 2n ** 60n + 2n])
})
