/**
 * Loaders by seed: what loaders.py does.
 */
import * as torch from 'node-libtorch'
import {
  BatchSampler,
  DataLoader,
  type DataLoaderOptions,
  Generator,
  RandomSampler,
  SubsetRandomSampler,
  type Tensor,
  TensorDataset,
  WeightedRandomSampler,
  defaultCollate,
  manualSeed,
  randomSplit,
  tensor
} from 'node-libtorch'
import { bits } from './bits'

export interface Row {
  n: number
  batchSize: number | null
  shuffle?: boolean
  dropLast?: boolean
  generator?: number
  sampler?: [kind: string, ...args: unknown[]]
  samplerGenerator?: number
  stopAfter?: number
  batched?: boolean
  default?: boolean
}

export const table: Row[] = require('./loaders.json')
const range = (n: number) => Array.from({ length: n }, (_, i) => BigInt(i))
const seeded = (seed?: number | null) =>
  seed === undefined || seed === null ? undefined : new Generator().manualSeed(seed)
const draw = (generator?: Generator) => torch.randint(1000, [], { generator }).item()

function samplerOf(row: Row, dataset: readonly unknown[]) {
  const [kind, ...args] = row.sampler as [string, ...never[]]
  const generator = seeded(row.samplerGenerator)
  if (kind === 'random') {
    const [replacement, numSamples] = args as unknown as [boolean, number | null]
    return new RandomSampler(dataset, replacement, numSamples ?? undefined, { generator })
  }
  if (kind === 'weighted') {
    const [weights, numSamples, replacement] = args as unknown as [number[], number, boolean]
    return new WeightedRandomSampler(weights, numSamples, replacement, { generator })
  }
  return new SubsetRandomSampler(args[0] as unknown as number[], { generator })
}

function optionsOf(row: Row, dataset: readonly unknown[]): DataLoaderOptions<bigint, Tensor> {
  if (row.batched) {
    const random = new RandomSampler(dataset)
    return { batchSampler: new BatchSampler(random, row.batchSize as number, false) }
  }
  const { batchSize, shuffle, dropLast } = row
  const sampler = row.sampler && samplerOf(row, dataset)
  return { batchSize, shuffle, dropLast, sampler }
}

function listed(batch: Tensor | bigint | Tensor[]): unknown {
  if (typeof batch === 'bigint') return Number(batch)
  return Array.isArray(batch) ? batch[0]!.tolist() : batch.tolist()
}

/** Three passes, with the draws between and after them. */
export function passes(row: Row, kind: 'array' | 'tensors'): unknown[] {
  manualSeed(7)
  const rows = range(row.n)
  const dataset = (kind === 'array' ? rows : new TensorDataset(tensor(rows))) as bigint[]
  const generator = row.default ? torch.defaultGenerator : seeded(row.generator)
  const given = optionsOf(row, dataset)
  const loader = new DataLoader(dataset, { ...given, generator })
  const seen: unknown[] = []
  for (let pass = 0; pass < 3; pass++) {
    const batches: unknown[] = []
    for (const batch of loader) {
      batches.push(listed(batch))
      if (batches.length < 3) batches.push(draw())
      if (batches.length === row.stopAfter) break
    }
    seen.push(batches, draw())
    const { generator: other } = (given.sampler ?? {}) as { generator?: Generator }
    seen.push([generator, other].map((one) => (one ? draw(one) : null)))
  }
  return seen
}

const splitTable: [number, number[], number | null][] = [
  [10, [3, 7], null],
  [10, [3, 7], 42],
  [30, [0.3, 0.3, 0.4], 42],
  [11, [0.5, 0.25, 0.25], 1]
]

export function splits(): unknown[] {
  return splitTable.map(([n, lengths, seed]) => {
    manualSeed(1)
    const parts = randomSplit(range(n), lengths, { generator: seeded(seed) })
    return [parts.map((part) => part.indices.map((_, i) => Number(part.get(i) as bigint))), draw()]
  })
}

function flat(value: unknown): unknown {
  if (torch.isTensor(value)) return bits(value)
  if (Array.isArray(value)) return value.map(flat)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, flat(item)]))
}

export function collated(): unknown[] {
  const row = torch.arange(3)
  const int8 = { dtype: 'int8' } as const
  const samples: unknown[][] = [
    [row, row.add(1)],
    [1.5, 2],
    [true, false],
    [1n, 2n],
    ['a', 'b'],
    [
      [1.5, row],
      [2.5, row.mul(2)]
    ],
    [
      [1, true],
      [2, false]
    ],
    [
      { x: row, y: 3n },
      { x: row.sub(1), y: 4n }
    ],
    [{ a: [{ b: row }, 't'] }, { a: [{ b: row }, 'u'] }],
    [torch.ones([2, 2], int8), torch.zeros([2, 2], int8)]
  ]
  return samples.map((one) => flat(defaultCollate(one)))
}

export function streams(): unknown[] {
  manualSeed(2)
  return [{ batchSize: 3 }, { batchSize: 3, dropLast: true }, { batchSize: null }].flatMap(
    (given) => {
      const loader = new DataLoader(new Set(range(7)), given)
      return [[...loader].map((batch) => listed(batch)), draw()]
    }
  )
}
