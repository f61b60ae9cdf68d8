/**
 * The options of step.run(), checked.
 */
import {
  boolean,
  callable,
  integer,
  options as checkOptions,
  rangeError,
  typeError
} from '../check'
import { defaultGenerator, Generator } from '../generator'
import { native } from '../native'
import { isTensor, type Tensor, tensorArgument } from '../tensor'
import type { Progress, RunOptions } from './types'

/** A pass is `steps` batches of `batch` samples for each part, in turn. */
interface Part {
  batch: number
  steps: number
}

export interface RunPlan {
  data: readonly Tensor[]
  /** Samples of a pass. */
  samples: number
  batchSize: number
  parts: Part[]
  passSteps: number
  /** Steps of the run. */
  total: number
  order: Tensor | null
  shuffle: boolean
  generator: Generator | undefined
  dropLast: boolean
  signal: AbortSignal | undefined
  onStep: ((progress: Progress) => void) | undefined
  threads: number | undefined
  /** Whether batches can be gathered natively. */
  isNative: boolean
}

const names = [
  'steps',
  'epochs',
  'batchSize',
  'shuffle',
  'generator',
  'order',
  'dropLast',
  'signal',
  'onStep',
  'threads'
] as const

function checkData(data: readonly Tensor[]): number {
  if (!Array.isArray(data) || data.length === 0 || !data.every(isTensor)) {
    throw typeError('data', 'an array of tensors, one for each argument of the step', data)
  }
  const sizes = data.map((tensor) => tensor.shape[0])
  const [size] = sizes
  if (size === undefined || size === 0 || sizes.some((other) => other !== size)) {
    const shapes = data.map((tensor) => `[${tensor.shape}]`).join(', ')
    throw rangeError(
      'data',
      'tensors with as many samples, at least one, in their first dimension',
      shapes
    )
  }
  return size
}

function checkOrder(order: unknown, size: number): Tensor {
  const checked = tensorArgument('order', order)
  if (checked.dtype !== 'int64' || checked.ndim !== 1 || checked.numel() === 0) {
    throw typeError('order', 'an int64 tensor of one dimension with at least one number', order)
  }
  const [least, most] = [Number(checked.min().item()), Number(checked.max().item())]
  if (least < 0 || most >= size) {
    throw rangeError('order', `numbers from 0 to ${size - 1}`, least < 0 ? least : most)
  }
  return native.device(checked) === 'cpu' ? checked.contiguous() : checked.to('cpu').contiguous()
}

export function checkRun(data: readonly Tensor[], options: RunOptions | undefined): RunPlan {
  const size = checkData(data)
  const given = checkOptions<RunOptions>('run', options, names)
  const order = given.order === undefined ? null : checkOrder(given.order, size)
  const shuffle = boolean('shuffle', given.shuffle ?? false)
  if (shuffle && order) throw typeError('order', 'nothing together with shuffle', given.order)
  const { generator, signal } = given
  if (generator !== undefined && !(generator instanceof Generator))
    throw typeError('generator', 'a Generator', generator)
  if (generator === defaultGenerator) {
    const remedy = 'leave it out: then the default one seeds the orders'
    throw typeError('generator', 'a Generator other than the default one', generator, remedy)
  }
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw typeError('signal', "an AbortController's signal", signal)
  if (given.onStep !== undefined) callable('onStep', given.onStep)
  const samples = order ? order.numel() : size
  const dropLast = boolean('dropLast', given.dropLast ?? false)
  const wanted = given.batchSize ?? 'full'
  const batchSize = wanted === 'full' ? samples : Math.min(integer('batchSize', wanted, 1), samples)
  const parts = [{ batch: batchSize, steps: Math.floor(samples / batchSize) }]
  const rest = samples % batchSize
  if (rest > 0 && !dropLast) parts.push({ batch: rest, steps: 1 })
  const passSteps = parts.reduce((sum, { steps }) => sum + steps, 0)
  if (given.steps !== undefined && given.epochs !== undefined)
    throw typeError('steps', 'nothing together with epochs', given.steps)
  const total =
    given.steps === undefined
      ? integer('epochs', given.epochs ?? 1) * passSteps
      : integer('steps', given.steps)
  const threads = given.threads === undefined ? undefined : integer('threads', given.threads, 1)
  const isNative = data.every((tensor) => native.device(tensor) === 'cpu')
  return {
    data: data.map((tensor) => tensor.contiguous()),
    samples,
    batchSize,
    parts,
    passSteps,
    total,
    order,
    shuffle,
    generator,
    dropLast,
    signal,
    onStep: given.onStep,
    threads,
    isNative
  }
}
