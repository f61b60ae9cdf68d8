/**
 * The loop that compare() runs a method with: for the time being a plain eager one, in which train()'s
 * names mean what they mean there. The one place where the two are joined.
 */
import { finite, integer, options as checkOptions, typeError } from '../check'
import { noGrad } from '../modes'
import type { Module } from '../nn/module'
import type { LoggedEvent } from '../progress'
import { randperm } from '../random'
import { manualSeed } from '../runtime'
import { type Tensor, isTensor } from '../tensor'

/** What is needed of an optimizer: any of `optim`. */
export interface TrainOptimizer {
  readonly paramGroups: readonly { readonly lr: number }[]
  step(): unknown
  zeroGrad(): void
}

type Pair = readonly [x: Tensor, y: Tensor]

export interface TrainOptions {
  /** Inputs and targets, a row a sample. */
  data: Pair
  // biome-ignore lint/suspicious/noExplicitAny: losses choose what they take
  loss: (output: any, target: any) => Tensor
  optimizer: TrainOptimizer
  /** Passes over the data. Default 1. */
  epochs?: number
  /** Samples a step. Default `'full'`. */
  batchSize?: number | 'full'
  /** A new order for each epoch. Default false. */
  shuffle?: boolean
  seed?: number | bigint
  validation?: Pair
  /** Steps after each epoch. */
  scheduler?: { step(): unknown }
  signal?: AbortSignal
}

/** Told while it runs; resolves at its end. */
export type TrainRun = AsyncIterable<LoggedEvent> & PromiseLike<unknown>

const names = [
  'data',
  'loss',
  'optimizer',
  'epochs',
  'batchSize',
  'shuffle',
  'seed',
  'validation',
  'scheduler',
  'signal'
]

async function* events(model: Module, options: TrainOptions): AsyncGenerator<LoggedEvent> {
  const { data, loss, optimizer, epochs = 1, batchSize = 'full', shuffle = false } = options
  const { validation, scheduler, signal, seed } = options
  const [x, y] = data
  const samples = x.shape[0] as number
  const size = batchSize === 'full' ? samples : integer('batchSize', batchSize, 1)
  integer('epochs', epochs, 1)
  if (seed !== undefined) manualSeed(seed)
  const start = performance.now()
  let lastPause = start
  let step = 0
  const steps = epochs * Math.ceil(samples / size)
  const now = () => (performance.now() - start) / 1000
  const lr = () => finite('lr', optimizer.paramGroups[0]?.lr)
  yield { type: 'start', step, steps, epoch: 0, epochs, samples } as LoggedEvent
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = shuffle ? randperm(samples) : null
    let sum = 0
    for (let at = 0; at < samples; at += size) {
      const count = Math.min(size, samples - at)
      const part = (tensor: Tensor) =>
        order ? tensor.indexSelect(0, order.narrow(0, at, count)) : tensor.narrow(0, at, count)
      optimizer.zeroGrad()
      const value = loss(model(part(x)), part(y))
      value.backward()
      optimizer.step()
      step++
      const number = value.item() as number
      sum += number * count
      if (performance.now() - lastPause < 100) continue
      const samplesPerSecond = (step * size) / now()
      yield {
        type: 'progress',
        step,
        epoch,
        loss: number,
        lr: lr(),
        samplesPerSecond,
        seconds: now()
      }
      await new Promise((resolve) => setImmediate(resolve))
      lastPause = performance.now()
      if (!signal?.aborted) continue
      yield { type: 'stop', step, epoch: epoch - 1, reason: 'signal', seconds: now() }
      return
    }
    const validationLoss = validation
      ? noGrad(() => loss(model(validation[0]), validation[1]).item() as number)
      : null
    yield {
      type: 'epoch',
      step,
      epoch,
      loss: sum / samples,
      validationLoss,
      lr: lr(),
      seconds: now()
    }
    scheduler?.step()
    if (!signal?.aborted) continue
    yield { type: 'stop', step, epoch, reason: 'signal', seconds: now() }
    return
  }
  yield { type: 'stop', step, epoch: epochs, reason: 'epochs', seconds: now() }
}

export function train(model: Module, options: TrainOptions): TrainRun {
  checkOptions('train', options, names)
  if (!Array.isArray(options.data) || !options.data.every(isTensor))
    throw typeError('data', 'two tensors [x, y]', options.data)
  const iterator = events(model, options)
  let done: Promise<unknown> | null = null
  const finish = async () => {
    for await (const _ of iterator);
  }
  return {
    [Symbol.asyncIterator]: () => iterator,
    // biome-ignore lint/suspicious/noThenProperty: a run is awaited
    then: (resolved, rejected) => (done ??= finish()).then(resolved, rejected)
  } as TrainRun
}
