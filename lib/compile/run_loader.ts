/**
 * step.run() over a DataLoader: a pass that is nothing but rows of tensors in an order runs on the
 * native thread, any other goes through the step batch by batch, with turns of the event loop between.
 */
import { options as checkOptions, integer, typeError } from '../check'
import type { DataLoader } from '../dataset'
import { turn } from '../pacer'
import type { Tensor } from '../tensor'
import type { Progress, RunOptions, RunResult } from './types'

type OverTensors = (data: readonly Tensor[], options: RunOptions) => Promise<RunResult>

/** A batch, whatever the loader makes of it, through the step: its first result as a number, or NaN. */
type OverBatch = (batch: readonly unknown[]) => number

/** The loader says what a batch is. */
const names = ['steps', 'epochs', 'signal', 'onStep', 'threads'] as const

export async function runLoader(
  loader: DataLoader,
  given: RunOptions | undefined,
  overTensors: OverTensors,
  overBatch: OverBatch
): Promise<RunResult> {
  const options = checkOptions<RunOptions>('run', given, names)
  const { steps, epochs, signal, onStep, threads } = options
  if (steps !== undefined && epochs !== undefined)
    throw typeError('steps', 'nothing together with epochs', steps)
  const most = steps === undefined ? Number.POSITIVE_INFINITY : integer('steps', steps)
  const passes = steps === undefined ? integer('epochs', epochs ?? 1) : Number.POSITIVE_INFINITY
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  const losses: number[] = []
  let completed = 0
  const tell = ({ step, loss }: Pick<Progress, 'step' | 'loss'>) =>
    onStep?.({ step, epoch: completed + 1, loss, seconds: seconds() })
  while (completed < passes && losses.length < most && !signal?.aborted) {
    const before = losses.length
    const plain = loader.plain()
    if (plain) {
      const { tensors, order, batchSize, dropLast } = plain
      const count = order.numel() / batchSize
      const all = dropLast ? Math.floor(count) : Math.ceil(count)
      const result = await overTensors(tensors, {
        order,
        batchSize,
        dropLast,
        steps: Math.min(all, most - before),
        ...(signal && { signal }),
        ...(threads !== undefined && { threads }),
        ...(onStep && { onStep: ({ step, loss }) => tell({ step: before + step, loss }) })
      })
      // Not spread: there may be more of them than a call takes arguments.
      for (const loss of result.losses) losses.push(loss)
      plain.advance(result.steps)
      if (result.steps < all) break
      plain.finish()
    } else {
      for await (const batch of loader) {
        losses.push(overBatch(Array.isArray(batch) ? batch : [batch]))
        tell({ step: losses.length, loss: losses.at(-1) as number })
        if (losses.length >= most || signal?.aborted) break
        await turn()
      }
    }
    if (losses.length === before) throw typeError('data', 'a loader with batches', loader)
    completed++
  }
  return {
    steps: losses.length,
    epochs: completed,
    losses: Float64Array.from(losses),
    aborted: signal?.aborted ?? false,
    seconds: seconds()
  }
}
