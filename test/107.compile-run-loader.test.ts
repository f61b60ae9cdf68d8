// step.run() over datasets and loaders: the bits of a loop over the loader.
import { beforeAll, expect, test } from '@jest/globals'
import {
  compile,
  DataLoader,
  type DataLoaderOptions,
  getRngState,
  manualSeed,
  optim,
  setNumThreads,
  type Tensor,
  TensorDataset,
  ones
} from 'node-libtorch'

import { begin, regression, stateOf, type Trained } from './fixtures/compiled_steps/runs'

beforeAll(() => setNumThreads(1))

const adam = () => regression((parameters) => new optim.Adam(parameters))
/** The losses of a loop over a loader. */
function loop({ step, data }: Trained, options: object, passes: number): number[] {
  const loader = new DataLoader(new TensorDataset(...data), options)
  return Array.from({ length: passes }, () =>
    Array.from(loader, (batch) => step(...(batch as Tensor[])).item())
  ).flat()
}

const rows = (data: readonly Tensor[]) => {
  const [x, y] = data as [Tensor, Tensor]
  return { length: 22, get: (i: number) => [x.select(0, i), y.select(0, i)] }
}

test.each<[string, DataLoaderOptions<unknown>, boolean]>([
  ['plain', { batchSize: 5, shuffle: true }, true],
  ['plain, in order, without the last', { batchSize: 4, dropLast: true }, true],
  ['batch by batch', { batchSize: 5, shuffle: true }, false]
])('%s', async (_, options, isPlain) => {
  const wanted = begin(adam)
  const losses = loop(wanted, options, 12)
  const state = stateOf(wanted, getRngState())

  const found = begin(adam)
  const data = isPlain ? new TensorDataset(...found.data) : rows(found.data)
  const loader = new DataLoader(data as never, options as never)
  const seen: number[] = []
  const result = await compile(found.step).run(loader, {
    epochs: 12,
    onStep: ({ step }) => seen.push(step)
  })
  expect([...result.losses]).toEqual(losses)
  expect(stateOf(found, getRngState())).toEqual(state)
  expect(result).toMatchObject({ steps: losses.length, epochs: 12, aborted: false })
  expect(seen.at(-1)).toBe(losses.length)
})

test('steps end it in the middle of a pass', async () => {
  const wanted = begin(adam)
  const losses = loop(wanted, { batchSize: 5, shuffle: true }, 3)
  const found = begin(adam)
  const loader = new DataLoader(new TensorDataset(...found.data), { batchSize: 5, shuffle: true })
  const result = await compile(found.step).run(loader, { steps: 7 })
  expect([...result.losses]).toEqual(losses.slice(0, 7))
  expect(result).toMatchObject({ steps: 7, epochs: 1 })
})

test('a dataset is its tensors', async () => {
  manualSeed(1)
  const [one, other] = [begin(adam), begin(adam)]
  const options = { batchSize: 5, epochs: 3 }
  const wanted = await compile(one.step).run(one.data, options)
  const found = await compile(other.step).run(new TensorDataset(...other.data), options)
  expect(found.losses).toEqual(wanted.losses)
})

test('what a loader says itself is no option', async () => {
  const { step, data } = begin(adam)
  const loader = new DataLoader(new TensorDataset(...data), { batchSize: 5 })
  await expect(compile(step).run(loader, { batchSize: 2 })).rejects.toThrow(
    /unknown option 'batchSize'/
  )
})

test('a pass of more steps than a call takes arguments', async () => {
  const count = 200_000
  const loader = new DataLoader(new TensorDataset(ones([count, 1])), { batchSize: 1 })
  const result = await compile((x: Tensor) => x.sum()).run(loader)
  expect(result.steps).toBe(count)
  expect(result.losses.every((loss) => loss === 1)).toBe(true)
})
