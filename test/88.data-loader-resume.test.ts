// A loader's state taken at every place of a run, loaded into another loader: the run goes on as if
// nothing had been.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import {
  DataLoader,
  type DataLoaderState,
  Generator,
  RandomSampler,
  SubsetRandomSampler,
  type Tensor,
  TensorDataset,
  WeightedRandomSampler,
  fromMessage,
  getRngState,
  load,
  manualSeed,
  randint,
  save,
  setRngState,
  tensor,
  toMessage
} from 'node-libtorch'

const folder = mkdtempSync(join(tmpdir(), 'loader-'))
afterAll(() => rmSync(folder, { recursive: true }))

const numbers = Array.from({ length: 11 }, (_, i) => BigInt(i))
const rows = new TensorDataset(tensor(numbers))
const draw = (generator?: Generator) => randint(1000, [], { generator }).item()
const flat = (batch: unknown): unknown =>
  torch.isTensor(batch) ? batch.tolist() : Array.isArray(batch) ? batch.map(flat) : batch

/** A sampler that is not ours, and draws as it goes. */
const ownSampler = {
  *[Symbol.iterator]() {
    for (let i = 0; i < 11; i++) yield Math.floor(Math.random() * 11)
  }
}

type Loader = DataLoader<unknown, unknown>
const seeded = (seed: number) => new Generator().manualSeed(seed)
/** Generators are seeded otherwise in the loader that resumes: the state must bring theirs. */
const makers: Record<string, (seed: number) => Loader> = {
  sequential: () => new DataLoader(rows, { batchSize: 3 }),
  shuffled: () => new DataLoader(rows, { batchSize: 3, shuffle: true }),
  'shuffled, of an array': () => new DataLoader(numbers, { batchSize: 4, shuffle: true }),
  'without the last': () => new DataLoader(rows, { batchSize: 4, shuffle: true, dropLast: true }),
  'no batches': () => new DataLoader(numbers, { batchSize: null, shuffle: true }),
  'a generator': (seed) =>
    new DataLoader(rows, { batchSize: 3, shuffle: true, generator: seeded(seed) }),
  'a sampler with a generator': (seed) =>
    new DataLoader(rows, {
      batchSize: 5,
      sampler: new RandomSampler(rows, true, 70, { generator: seeded(seed) }),
      generator: seeded(seed + 1)
    }),
  'more than all': () =>
    new DataLoader(rows, { batchSize: 4, sampler: new RandomSampler(rows, false, 25) }),
  weighted: () =>
    new DataLoader(rows, {
      batchSize: 3,
      sampler: new WeightedRandomSampler(numbers.map(Number), 8)
    }),
  subset: () => new DataLoader(rows, { batchSize: 2, sampler: new SubsetRandomSampler([3, 5, 7]) }),
  'a given order': () => new DataLoader(rows, { batchSampler: [[1, 2], [3], [0, 0, 5]] }),
  'a stream that draws': () =>
    new DataLoader(
      function* () {
        for (let i = 0; i < 7; i++) yield torch.rand(2)
      },
      { batchSize: 2 }
    ),
  'an asynchronous dataset': () =>
    new DataLoader({ length: 9, get: async (i: number) => i }, { batchSize: 2, shuffle: true }),
  'an asynchronous stream': () =>
    new DataLoader(
      async function* () {
        for (let i = 0; i < 7; i++) yield i
      },
      { batchSize: 2, prefetch: 3 }
    )
}

/** Batches of `passes` passes, with what a step draws. */
async function run(loader: Loader, passes = 2): Promise<unknown[]> {
  const seen: unknown[] = []
  for (let pass = 0; pass < passes; pass++) {
    seen.push('pass')
    for await (const batch of loader) {
      seen.push(flat(batch), draw(), loader.generator ? draw(loader.generator) : null)
    }
  }
  return seen
}

/** Steps by hand, so that the pass is still open when its state is taken. */
async function resumed(make: (seed: number) => Loader, steps: number, sent: typeof viaMessage) {
  manualSeed(1)
  const first = make(10)
  const seen: unknown[] = []
  let passes = 2
  let iterator = first[Symbol.asyncIterator]()
  seen.push('pass')
  for (let left = steps; left > 0; ) {
    const { done, value } = await iterator.next()
    if (done) {
      if (--passes === 0) return seen
      seen.push('pass')
      iterator = first[Symbol.asyncIterator]()
      continue
    }
    seen.push(flat(value), draw(), first.generator ? draw(first.generator) : null)
    left--
  }
  const state = sent(first.stateDict())
  const rng = getRngState()
  // The saved run goes on, and must not matter to the other.
  await iterator.next()
  manualSeed(99)
  const second = make(77)
  second.loadStateDict(state)
  expect(second.stateDict().pass?.position).toBe(state.pass?.position)
  setRngState(rng)
  const rest = await run(second, passes)
  expect(second.stateDict().passes).toBe(2)
  return [...seen, ...rest.slice(1)]
}

const viaMessage = (state: DataLoaderState) =>
  fromMessage<DataLoaderState>(structuredClone(toMessage(state)))
const viaFile = (state: DataLoaderState) => {
  const path = join(folder, 'state.pt')
  save(state, path)
  return load(path) as unknown as DataLoaderState
}

describe('exactly the batches that are left, and the same draws', () => {
  test.each(Object.keys(makers))('%s', async (name) => {
    const make = makers[name]!
    manualSeed(1)
    const seen = await run(make(10))
    const steps = (seen.length - 2) / 3
    expect(steps).toBeGreaterThan(3)
    for (let i = 1; i <= steps; i++) {
      expect([i, await resumed(make, i, i % 2 ? viaMessage : viaFile)]).toEqual([i, seen])
    }
  })

  test('an order that cannot be drawn again is kept', () => {
    const options = { sampler: ownSampler, batchSize: 3 }
    const iterator = new DataLoader(rows, options)
    const pass = iterator[Symbol.iterator]()
    pass.next()
    const other = new DataLoader(rows, options)
    other.loadStateDict(iterator.stateDict())
    const rest = [...pass].map(flat)
    expect(rest).toHaveLength(3)
    expect([...other].map(flat)).toEqual(rest)
  })

  test('between two passes, and after break, there is no pass to resume', () => {
    const loader = new DataLoader(rows, { batchSize: 3 })
    expect(loader.stateDict()).toMatchObject({ passes: 0, pass: null, samples: 11, batchSize: 3 })
    for (const _ of loader) break
    expect(loader.stateDict()).toMatchObject({ passes: 1, pass: null })
    expect([...loader]).toHaveLength(4)
    expect(loader.stateDict()).toMatchObject({ passes: 2, pass: null })
  })
})

describe('plain()', () => {
  const batchesOf = (plain: NonNullable<ReturnType<Loader['plain']>>) => {
    const { tensors, order, batchSize, dropLast } = plain
    const found: unknown[] = []
    for (let at = 0; at < order.shape[0]!; at += batchSize) {
      const size = Math.min(batchSize, order.shape[0]! - at)
      if (size < batchSize && dropLast) break
      found.push(tensors.map((one) => one.indexSelect(0, order.narrow(0, at, size)).tolist()))
    }
    return found
  }
  const options = [
    (seed: number) => ({ batchSize: 3, shuffle: true, seed }),
    (seed: number) => ({ batchSize: 4, shuffle: true, dropLast: true, generator: seeded(seed) }),
    (seed: number) => ({
      batchSize: 4,
      sampler: new RandomSampler(rows, true, 70, { generator: seeded(seed) })
    })
  ].map((make) => (seed: number) => {
    const { seed: _, ...given } = make(seed) as ReturnType<typeof make> & { seed?: number }
    return new DataLoader(rows, given)
  })

  test.each(options.map((make, i) => [i, make] as const))('is what a loop gives: %d', (_, make) => {
    manualSeed(5)
    const looped = make(6)
    const expected = [0, 1].map(() => [[...looped].map(flat), draw()])
    manualSeed(5)
    const native = make(6)
    const found = [0, 1].map(() => {
      const plain = native.plain()!
      const batches = batchesOf(plain)
      plain.finish()
      return [batches, draw()]
    })
    expect(found).toEqual(expected)
    expect(native.stateDict().generator?.tolist()).toEqual(looped.stateDict().generator?.tolist())
    expect(native.stateDict()).toMatchObject({ passes: 2, pass: null })
  })

  test('of a subset: the order is of the rows of the whole', () => {
    const part = new torch.Subset(rows, [4, 6, 8])
    const plain = new DataLoader(part, { batchSize: 2 }).plain()!
    expect(plain.tensors[0]).toBe(rows.tensors[0])
    expect([plain.order.dtype, plain.order.tolist()]).toEqual(['int64', [4, 6, 8]])
  })

  test('advance() says how far it is; another loader goes on, plain or not', () => {
    const make = () => new DataLoader(rows, { batchSize: 3, shuffle: true })
    manualSeed(3)
    const whole = [...make()].map(flat)
    manualSeed(3)
    const first = make()
    const plain = first.plain()!
    plain.advance(2)
    const state = viaMessage(first.stateDict())
    expect(state.pass!.position).toBe(2)
    const second = make()
    second.loadStateDict(state)
    expect([...second].map(flat)).toEqual(whole.slice(2))
    const third = make()
    third.loadStateDict(state)
    const rest = third.plain()!
    expect(batchesOf(rest)).toEqual(whole.slice(2))
    rest.advance(1)
    const fourth = make()
    fourth.loadStateDict(third.stateDict())
    expect([...fourth].map(flat)).toEqual(whole.slice(3))
  })

  test('null, with nothing drawn, where there is more to it', () => {
    manualSeed(4)
    const before = getRngState().tolist()
    class Own extends TensorDataset {
      override get(index: number): Tensor[] {
        return super.get(index)
      }
    }
    const others: Loader[] = [
      new DataLoader(numbers),
      new DataLoader(tensor(numbers)),
      new DataLoader(rows, { batchSize: null }),
      new DataLoader(rows, { collate: (samples: unknown[]) => samples }),
      new DataLoader(rows, { batchSampler: [[1]] }),
      new DataLoader(rows, { sampler: [1, 2] }),
      new DataLoader(rows, { shuffle: true, generator: torch.defaultGenerator }),
      new DataLoader(new Own(tensor(numbers))),
      new DataLoader(function* () {})
    ]
    expect(others.map((loader) => loader.plain())).toEqual(others.map(() => null))
    expect(getRngState().tolist()).toEqual(before)
  })
})
