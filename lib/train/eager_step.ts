/**
 * A step with the interface of a compiled one that is run operator by operator: for what cannot be
 * recorded, and with `compile: false`.
 */
import type { CompiledStep, RunOptions, RunResult } from '../compile/types'
import { isTensor, type Tensor } from '../tensor'
import { gather } from './gather'
import { Pacer } from './pacer'

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
  { order, batchSize = 'full', signal, onStep }: RunOptions
): Promise<RunResult> {
  const count = order ? (order.shape[0] as number) : (data[0]?.shape[0] as number)
  const size = batchSize === 'full' ? count : batchSize
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  const losses: number[] = []
  const pacer = new Pacer()
  let reported = start
  for (let from = 0; from < count && !signal?.aborted; from += size) {
    const length = Math.min(size, count - from)
    losses.push(firstResult(step(...gather(data, order ?? null, from, length))))
    const now = performance.now()
    if (onStep && now - reported > reportEvery) {
      reported = now
      onStep({ step: losses.length, epoch: 1, loss: losses.at(-1) as number, seconds: seconds() })
    }
    await pacer.turn()
  }
  return {
    steps: losses.length,
    epochs: losses.length * size >= count ? 1 : 0,
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
    recordings: 0
  })
}
