import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import {
  DataLoader,
  type DataLoaderOptions,
  type Tensor,
  TensorDataset,
  manualSeed,
  setNumThreads,
  tensor
} from 'node-libtorch'

import { resultOf, runScript } from './fixtures/run_script'
import { collated, passes, splits, streams, table } from './parity/loaders'
import { runPython } from './parity/python'

setNumThreads(1)

describe('the same as in Python', () => {
  const reference = runPython<Record<string, unknown[]>>('loaders.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference

  test.each(table.map((row, i) => [JSON.stringify(row), i] as const))('orders: %s', (_, i) => {
    expect(passes(table[i]!, 'array')).toEqual(result.passes![i])
    expect(passes(table[i]!, 'tensors')).toEqual(result.passes![i])
  })

  test('splits', () => expect(splits()).toEqual(result.splits))

  test('default collate, to the bit', () => expect(collated()).toEqual(result.collated))

  test('streams', () => expect(streams()).toEqual(result.streams))

  test('workers: orders, their draws, and the draws after them', () => {
    expect(resultOf('data_loader.js', ['parity'])).toEqual(result.workers)
  })
})

const range = (n: number) => Array.from({ length: n }, (_, i) => i)
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

async function collect<T>(batches: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const batch of batches) found.push(batch)
  return found
}
const values = (batches: Tensor[]) => batches.map((batch) => batch.tolist())

describe('asynchronous datasets', () => {
  const slow = {
    length: 7,
    // Later samples come first: the order must not follow.
    async get(i: number) {
      for (let left = 7 - i; left > 0; left--) await turn()
      return i
    }
  }

  test('for await gives their batches in order; for refuses them and says how', async () => {
    const loader = new DataLoader(slow, { batchSize: 3 })
    expect(values(await collect(loader))).toEqual([[0, 1, 2], [3, 4, 5], [6]])
    expect(() => [...loader]).toThrow(/dataset: expected batches that are there.*for await/)
  })

  test('collate and getItems may be asynchronous, and the rows of an array promises', async () => {
    const dataset = { length: 4, get: () => 0, getItems: async (at: number[]) => at.map((i) => -i) }
    const collate = async (samples: number[]) => samples.join()
    const options: DataLoaderOptions<number, string> = { batchSize: 2, collate }
    expect(await collect(new DataLoader(dataset, options))).toEqual(['0,-1', '-2,-3'])
    const rows = range(3).map(async (i) => i)
    const loader = new DataLoader<unknown, Tensor>(rows, { batchSize: 2 })
    expect(values(await collect(loader))).toEqual([[0, 1], [2]])
  })

  test('several calls of next() at once are answered in order', async () => {
    const iterator = new DataLoader(slow, { batchSize: 3 })[Symbol.asyncIterator]()
    const answers = await Promise.all(range(4).map(() => iterator.next()))
    expect(answers.map(({ done, value }) => (done ? null : value.tolist()))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6],
      null
    ])
  })

  test('what get throws ends the pass, once its batch is reached', async () => {
    const failing = { length: 9, get: (i: number) => (i === 4 ? Promise.reject('no 4') : turn()) }
    const loader = new DataLoader(failing, { batchSize: 2, collate: (samples) => samples.length })
    const seen: number[] = []
    const run = async () => {
      for await (const batch of loader) seen.push(batch)
    }
    await expect(run()).rejects.toBe('no 4')
    expect(seen).toEqual([2, 2])
    expect(loader.stateDict().pass).toBe(null)
  })

  test('a batch that does not come is late', async () => {
    const never = { length: 3, get: () => new Promise<number>(() => {}) }
    await expect(collect(new DataLoader(never, { timeout: 0.01 }))).rejects.toThrow(
      /DataLoader: batch 0 did not come within 0.01 s/
    )
  })
})

describe('streams', () => {
  test('iterables, async iterables, and functions that give them or promise them', async () => {
    async function* later() {
      yield* [1, 2, 3]
    }
    const sources = [
      new Set([1, 2, 3]),
      () => [1, 2, 3],
      () => [1, 2, 3].values(),
      async () => [1, 2, 3],
      later
    ]
    for (const source of sources) {
      const loader = new DataLoader(source as () => number[], { batchSize: 2 })
      for (let pass = 0; pass < 2; pass++)
        expect(values(await collect(loader))).toEqual([[1, 2], [3]])
    }
    expect([...new DataLoader(() => 'ab'.split(''), { batchSize: 2 })]).toEqual([['a', 'b']])
  })

  test('a generator can be read once: the second pass says so', () => {
    const loader = new DataLoader([1, 2, 3].values(), { batchSize: 2 })
    expect([...loader]).toHaveLength(2)
    expect(() => [...loader]).toThrow(
      /dataset: expected an iterable that can be read again.*=> rows/
    )
  })

  test('leaving the loop closes what it reads from', async () => {
    let closed = 0
    function* now() {
      try {
        yield* range(100)
      } finally {
        closed++
      }
    }
    async function* later() {
      yield* now()
    }
    for (const _ of new DataLoader(now)) break
    for await (const _ of new DataLoader(now)) break
    expect(closed).toBe(2)
    for await (const _ of new DataLoader(later, { prefetch: 0 })) break
    expect(closed).toBe(3)
    expect(() => [
      ...new DataLoader(now, {
        collate: () => {
          throw new Error('in collate')
        }
      })
    ]).toThrow(/in collate/)
    expect(closed).toBe(4)
  })

  test.each([0, 1, 3])('never more than %d batches ahead', async (prefetch) => {
    let made = 0
    async function* rows() {
      for (let i = 0; i < 40; i++) {
        made++
        yield i
      }
    }
    let received = 0
    const ahead: number[] = []
    for await (const _ of new DataLoader(rows, { batchSize: 2, prefetch })) {
      received++
      for (let i = 0; i < 20; i++) await turn()
      ahead.push(made / 2 - received)
    }
    expect([received, Math.max(...ahead)]).toEqual([20, prefetch])
  })

  test('data bigger than memory: a few batches live at a time', async () => {
    const size = 2 ** 18
    async function* rows() {
      for (let i = 0; i < 4000; i++) yield torch.full([size / 4], i)
    }
    let most = 0
    let sum = 0
    for await (const batch of new DataLoader(rows, { batchSize: 8, prefetch: 2 })) {
      sum += batch.select(1, 0).sum().item()
      most = Math.max(most, torch.memory().bytes.cpu)
    }
    expect(sum).toBe((4000 * 3999) / 2)
    // A tenth of the gigabyte that went through.
    expect(most).toBeLessThan((4000 * size) / 10)
  })
})

describe('waited', () => {
  test('counts the time until batches are there, and none for what the loop does', async () => {
    const loader = new DataLoader(range(4), {
      collate: (samples) => {
        for (const end = performance.now() + 20; performance.now() < end; );
        return samples
      }
    })
    expect(loader.waited).toBe(0)
    const started = performance.now()
    let own = 0
    for (const _ of loader) {
      const from = performance.now()
      await turn()
      own += performance.now() - from
    }
    const whole = performance.now() - started
    expect(loader.waited).toBeGreaterThanOrEqual(0.08)
    expect(loader.waited * 1000).toBeLessThanOrEqual(whole - own)
    const before = loader.waited
    for await (const _ of loader);
    expect(loader.waited - before).toBeGreaterThanOrEqual(0.08)
  })
})

test('trains: y = 2 x + 1 in shuffled batches', () => {
  manualSeed(0)
  const { nn, optim } = torch
  const x = torch.linspace(-1, 1, 64).unsqueeze(1)
  const loader = new DataLoader(new TensorDataset(x, x.mul(2).add(1)), {
    batchSize: 8,
    shuffle: true
  })
  const model = new nn.Linear(1, 1)
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  for (let epoch = 0; epoch < 30; epoch++) {
    for (const [input, target] of loader) {
      optimizer.zeroGrad()
      nn.functional.mseLoss(model(input!), target!).backward()
      optimizer.step()
    }
  }
  expect(model(tensor([[3]])).item()).toBeCloseTo(7, 3)
})

describe('workers', () => {
  const found = (scenario: string, flags: string[] = []) =>
    resultOf('data_loader.js', [scenario], flags)

  test('the same batches as without', () => {
    const same = [4, 3, 3, 3, 2].map((batches) => [true, batches])
    expect(found('same')).toEqual({ found: same, alive: 0 })
  })

  test('collate and workerInit by the names of exports', () => {
    const batches = [5, 2017, 45].map((sum, i) => ({ sum, worker: i % 2 }))
    expect(found('parts')).toEqual({ batches, waited: true })
  })

  test('errors are carried over, the end of a thread is noticed, none stays', () => {
    const failures = found('failures') as Record<string, Record<string, unknown>>
    const told = Object.entries(failures).map(([name, { message }]) => [name, message])
    expect(Object.fromEntries(told)).toEqual({
      get: 'DataLoader: worker 1, batch 3, sample 13: no such picture',
      exit: expect.stringMatching(/worker 1 ended with code 3 while it made batch 3, samples 12,/),
      uncaught: expect.stringMatching(/worker \d ended with an error: in a timer/),
      maker: expect.stringMatching(/worker \d could not begin: no disk/),
      module: expect.stringMatching(/worker \d could not begin: Cannot find module .*nowhere.js/),
      name: expect.stringMatching(/export 'nothing': expected a function, got undefined/),
      stream: expect.stringMatching(/expected a dataset .* got a stream; give it an index/),
      graph: expect.stringMatching(/batch 0, samples 0: value: expected a leaf.*detach/),
      late: expect.stringMatching(/batch \d did not come within 2 s/),
      direct: 'no such picture'
    })
    expect(failures.get).toMatchObject({
      seen: 3,
      name: 'RangeError',
      code: 'ENOPIC',
      cause: 'no such picture'
    })
    expect(Object.values(failures).map(({ alive }) => alive)).toEqual(Array(10).fill(0))
  })

  test('leaving the loop by break, throw or return() ends them', () => {
    expect(found('left')).toEqual([0, 'in the loop', 0, true, true, 0, true, true, 0])
  })

  test('are never more than prefetch batches ahead', () => {
    const { most, received } = found('bounded') as { most: number; received: number }
    expect(received).toBe(20)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(3)
  })

  test('a pass is resumed: the batches that are left, and the draws after it', () => {
    expect(found('resumed')).toEqual({ same: true, rest: 3, draws: true })
  })

  test('an iterator that nobody ends keeps neither the process nor, collected, its threads', () => {
    expect(found('abandoned', ['--expose-gc'])).toEqual({ collected: 0, alive: 2 })
  })

  test('process.exit in mid-pass', () => {
    const { status, signal, stderr } = runScript('data_loader.js', ['exits'])
    expect({ status, signal, stderr }).toEqual({ status: 7, signal: null, stderr: '' })
  })
})
