/**
 * A step with the interface of a compiled one that is run operator by operator: for what cannot be
 * recorded, and with `compile: false`.
 */
import type { CompiledStep, RunOptions, RunResult } from '../compile/types'
import { isTensor, type Tensor } from '../tensor'
import { isTurnDue, turn } from '../pacer'
import { gather } from '../dataset/gather'
import { rows } from './tree'

/** Milliseconds between two calls of `onStep`. */
const reportEvery = 100

/** The first result of a step as a number: NaN for what is no tensor of one element. */
export function firstResult(result: unknown): number {
  const first = Array.isArray(result) ? result[0] : result
  return isTensor(first) && first.numel() === 1 ? Number(first.item()) : Number.NaN
}

async function run(
  step: (...args: Tensor[]) => unknown,
  data: readonly Tensor[],
  { order, batchSize = 'full', steps, signal, onStep }: RunOptions
): Promise<RunResult> {
  const count = rows((order ?? data[0]) as Tensor)
  const size = batchSize === 'full' ? count : batchSize
  const perPass = Math.ceil(count / size)
  const wanted = steps ?? perPass
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  const losses: number[] = []
  let reported = start
  while (losses.length < wanted && !signal?.aborted) {
    const from = (losses.length % perPass) * size
    const batch = gather(data, order ?? null, from, Math.min(size, count - from))
    losses.push(firstResult(step(...batch)))
    const now = performance.now()
    if (onStep && now - reported > reportEvery) {
      reported = now
      const epoch = Math.ceil(losses.length / perPass)
      onStep({ step: losses.length, epoch, loss: losses.at(-1) as number, seconds: seconds() })
    }
    if (isTurnDue()) await turn()
  }
  return {
    steps: losses.length,
    epochs: Math.floor(losses.length / perPass),
    losses: Float64Array.from(losses),
    aborted: signal?.aborted ?? false,
    seconds: seconds()
  }
}

/** `fn` as a step that is never recorded. Of the options of `run` it takes what train() gives. */
export function eagerStep(
  fn: (...args: Tensor[]) => unknown
): CompiledStep<readonly Tensor[], unknown> {
  return Object.assign((...args: readonly Tensor[]) => fn(...args), {
    run: (data: readonly Tensor[], options: RunOptions = {}) => run(fn, data, options),
    explain: () => 'not recorded: the step runs operator by operator',
    recordings: 0,
    refusal: null,
    passes: []
  })
}
