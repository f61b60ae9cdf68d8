// Datasets and loaders: right calls must compile, those after @ts-expect-error must not.
import {
  ConcatDataset,
  DataLoader,
  RandomSampler,
  Subset,
  type Tensor,
  TensorDataset,
  WeightedRandomSampler,
  randomSplit,
  type utils,
  zeros
} from 'node-libtorch'

const dataset = new TensorDataset(zeros(4, 2), zeros(4))
export const sample: [Tensor, Tensor] = dataset.get(0)
for (const [x, y] of new DataLoader(dataset, { batchSize: 2, shuffle: true })) {
  x.matmul(y).sum()
}
for (const [x, y] of new DataLoader(new Subset(dataset, [0, 1]))) x.add(y)
for (const part of randomSplit(dataset, [2, 2])) for (const [x] of new DataLoader(part)) x.sum()
for (const x of new DataLoader(zeros(4, 2))) x.sum()
for (const x of new DataLoader([1, 2, 3])) x.sum()
for (const { name, place } of new DataLoader([{ name: 'a', place: [1, 2n] as const }])) {
  name.join(place[0].toString() + place[1].toString())
}
for (const text of new DataLoader([1, 2], { collate: (samples) => samples.join() })) text.at(0)
for (const [x] of new DataLoader(new ConcatDataset([dataset, dataset]))) x.sum()
for (const x of new DataLoader(() => [zeros(2)], { batchSize: 3 })) x.sum()
const sampled = new DataLoader(dataset, { sampler: new RandomSampler(dataset, true, 5) })
export const weighted: Iterable<number> = new WeightedRandomSampler([1, 2], 2, {
  replacement: false
})
const loader: utils.data.DataLoader<[Tensor, Tensor]> = sampled
export const length: number | undefined = loader.length

export async function later(): Promise<void> {
  async function* rows() {
    yield { x: zeros(2), label: 3n }
  }
  for await (const { x, label } of new DataLoader(rows)) x.add(label)
  const reference = { module: './rows.js', args: [1] }
  for await (const batch of new DataLoader<Tensor>(reference, { workers: 2 })) batch.sum()
}

// @ts-expect-error a number is no dataset
new DataLoader(5)
// @ts-expect-error arrays are no tensors
new TensorDataset([1, 2])
// @ts-expect-error options are spelt in camelCase
new DataLoader(dataset, { batch_size: 2 })
// @ts-expect-error workers are counted
new DataLoader(dataset, { workers: true })
// @ts-expect-error a function cannot be sent to workers
new DataLoader(dataset, { workerInit: () => 1 })
// @ts-expect-error a sampler gives numbers
new DataLoader(dataset, { sampler: ['a'] })
// @ts-expect-error a batch of two tensors has no third
for (const [, , third] of new DataLoader(dataset)) third.sum()
