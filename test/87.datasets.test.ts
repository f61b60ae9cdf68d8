import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import {
  BatchSampler,
  ConcatDataset,
  DataLoader,
  RandomSampler,
  SequentialSampler,
  Subset,
  type Tensor,
  TensorDataset,
  defaultCollate,
  defaultConvert,
  randomSplit,
  tensor,
  utils
} from 'node-libtorch'

import { bits } from './parity/bits'

const x = torch.arange(20).reshape(10, 2)
const y = torch.arange(10, { dtype: 'int64' })
const rows = (batches: Iterable<unknown>) =>
  [...(batches as Iterable<Tensor>)].map((b) => b.tolist())

test('utils.data has the names of torch.utils.data', () => {
  expect(utils.data.DataLoader).toBe(DataLoader)
  expect(utils.data.randomSplit).toBe(randomSplit)
  expect(Object.keys(utils.data).filter((name) => !(name in torch))).toEqual([])
})

describe('TensorDataset', () => {
  const dataset = new TensorDataset(x, y)

  test('has rows, views of its tensors', () => {
    expect(dataset.length).toBe(10)
    expect(dataset.get(3).map((one) => one.tolist())).toEqual([[6, 7], 3])
    expect(dataset.get(-1)[1]!.item()).toBe(9)
    const own = torch.zeros(2, 2)
    new TensorDataset(own).get(1)[0]!.fill_(5)
    expect(own.tolist()).toEqual([
      [0, 0],
      [5, 5]
    ])
  })

  test('a batch is gathered with one operator a tensor, with the bits of stacked rows', () => {
    const dtypes = ['float32', 'float16', 'bfloat16', 'int64', 'int8', 'bool', 'complex64'] as const
    const tensors = dtypes.map((dtype) => torch.randn(50, 3, 2).mul(3).to(dtype).transpose(1, 2))
    const given = new TensorDataset(...tensors, torch.full([50], NaN))
    const options = { batchSize: 16, sampler: [...new RandomSampler(given)] }
    const gathered = [...new DataLoader(given, options)]
    const one = { length: 50, get: (i: number) => given.get(i) }
    const stacked = [...new DataLoader(one, options)] as Tensor[][]
    const real = (batch: readonly Tensor[]) =>
      batch.map((part) => bits(part.dtype === 'complex64' ? torch.viewAsReal(part) : part))
    expect(gathered.map(real)).toEqual(stacked.map(real))
    expect(gathered).toHaveLength(4)

    torch.sweep()
    const before = torch.memory().liveTensors
    const iterator = new DataLoader(dataset, { batchSize: 5 })[Symbol.iterator]()
    const [batch] = [iterator.next()]
    // The batch, the order that is left, a seed or two; not a row each.
    expect(torch.memory().liveTensors - before).toBeLessThanOrEqual(8)
    expect(batch!.value[0].shape).toEqual([5, 2])
  })

  test('a get of its own is called, in a subclass and in an object', () => {
    class Doubled extends TensorDataset {
      override get(index: number): Tensor[] {
        return super.get(index).map((one) => one.mul(2))
      }
    }
    const [first] = new DataLoader(new Doubled(y), { batchSize: 3 })
    expect(first![0]!.tolist()).toEqual([0, 2, 4])
    const [part] = new DataLoader(new Subset(new Doubled(y), [4, 5]), { batchSize: 3 })
    expect(part![0]!.tolist()).toEqual([8, 10])
  })

  test('of one tensor, a batch is an array of one; of a bare tensor, a tensor', () => {
    const [wrapped] = new DataLoader(new TensorDataset(y), { batchSize: 2 })
    expect(wrapped!.map((one) => one.tolist())).toEqual([[0, 1]])
    expect(rows(new DataLoader(y, { batchSize: 4 }))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9]
    ])
  })
})

test('a loader whose steps are scopes goes on: it keeps no tensor of theirs', () => {
  const part = new Subset(new TensorDataset(x, y), [9, 8, 7, 6, 5])
  const loader = new DataLoader(part, { batchSize: 2, shuffle: true })
  const iterator = torch.scope(() => loader[Symbol.iterator]())
  const step = () =>
    torch.scope(() => {
      const { done, value } = iterator.next()
      return done ? [] : (value[1]!.tolist() as number[])
    })
  const seen = [step(), step(), step(), step()]
  expect(seen.map(({ length }) => length)).toEqual([2, 2, 1, 0])
  expect(seen.flat().toSorted()).toEqual([5, 6, 7, 8, 9])
})

describe('parts and wholes', () => {
  test('a subset, of a subset too, keeps its order; its batches are gathered', () => {
    const part = new Subset(new Subset(new TensorDataset(x, y), [9, 7, 5, 3]), [3, 0, -2])
    expect([part.length, part.get(1)[1]!.item()]).toEqual([3, 9])
    const [batch] = new DataLoader(part, { batchSize: 3 })
    expect(batch!.map((one) => one.tolist())).toEqual([
      [
        [6, 7],
        [18, 19],
        [10, 11]
      ],
      [3, 9, 5]
    ])
  })

  test('datasets one after the other', () => {
    const whole = new ConcatDataset<bigint>([[1n, 2n], [], { length: 1, get: () => 7n }])
    expect([whole.length, whole.cumulativeSizes]).toEqual([3, [2, 2, 3]])
    expect([0, 1, 2, -1].map((i) => whole.get(i))).toEqual([1n, 2n, 7n, 7n])
    expect(() => whole.get(3)).toThrow(/index: expected an integer from -3 to 2/)
  })

  test('a random split has every sample once; fractions go by rounding down', () => {
    const parts = randomSplit(
      Array.from({ length: 11 }, (_, i) => i),
      [0.5, 0.25, 0.25]
    )
    expect(parts.map(({ length }) => length)).toEqual([6, 3, 2])
    const all = parts.flatMap(({ indices }) => indices)
    expect(all.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(randomSplit([1, 2], [1]).map(({ length }) => length)).toEqual([2])
  })
})

describe('samplers', () => {
  test('batches of any order, with a length where the order has one', () => {
    const batches = new BatchSampler([5, 6, 7], 2, true)
    expect([[...batches], batches.length]).toEqual([[[5, 6]], 1])
    const endless = {
      *[Symbol.iterator]() {
        for (let i = 0; ; i++) yield i % 3
      }
    }
    expect(new BatchSampler(endless, 4).length).toBe(undefined)
    const loader = new DataLoader(y, { sampler: endless, batchSize: 4 })
    const seen: unknown[] = []
    for (const batch of loader) if (seen.push(batch.tolist()) === 2) break
    expect(seen).toEqual([
      [0, 1, 2, 0],
      [1, 2, 0, 1]
    ])
  })

  test('the length of a dataset may change between two passes', () => {
    const data = [1, 2]
    const loader = new DataLoader(data, { batchSize: 2 })
    expect(loader.length).toBe(1)
    data.push(3)
    expect([loader.length, [...loader].length]).toEqual([2, 2])
    expect([...new SequentialSampler(data)]).toEqual([0, 1, 2])
  })

  test('a batchSampler of ones own tells the samples of each batch', () => {
    const batchSampler = [[0, 1], [9], [-1, 3]]
    const loader = new DataLoader(y, { batchSampler })
    expect([rows(loader), loader.length]).toEqual([[[0, 1], [9], [9, 3]], 3])
    expect(() => [...new DataLoader(y, { batchSampler: [[10]] })]).toThrow(/from -10 to 9/)
  })
})

describe('collate', () => {
  test('typed arrays are stacked, Maps go by part, convert leaves the rest', () => {
    const made = defaultCollate([
      new Map([['a', Float32Array.of(1, 2)]]),
      new Map([['a', Float32Array.of(3, 4)]])
    ])
    expect(made.get('a')!.tolist()).toEqual([
      [1, 2],
      [3, 4]
    ])
    expect(made.get('a')!.dtype).toBe('float32')
    const converted = defaultConvert({ a: [Int32Array.of(1), 'text', null] }) as { a: [Tensor] }
    expect([converted.a[0].dtype, converted.a.slice(1)]).toEqual(['int32', ['text', null]])
    const own = JSON.parse('{ "__proto__": 1 }')
    expect(Object.keys(defaultCollate([own, own]))).toEqual(['__proto__'])
  })

  test('says where samples differ', () => {
    expect(() => defaultCollate([{ a: [1] }, { a: ['1'] }])).toThrow(
      /^samples\[1\]\.a\[0\]: expected a number, as samples\[0\]\.a\[0\] is, got string '1'/
    )
    expect(() => defaultCollate([[1], [1, 2]])).toThrow(/samples\[1\]: expected 1 parts/)
    expect(() => defaultCollate<object>([{ a: 1 }, {}])).toThrow(/samples\[1\]: expected 'a'/)
    expect(() => defaultCollate([tensor([1]), tensor([1, 2])])).toThrow(/stack/)
  })
})
