/**
 * Measuring a model on data that it does not learn from.
 */
import { integer, options as checkOptions } from '../check'
import { noGrad } from '../modes'
import type { Module } from '../nn/module'
import { isPlain } from '../plain'
import { turn } from '../pacer'
import { moved } from './batch'
import type { Plan } from './check_options'
import { metricValue } from './metrics'
import type { TrainOptions, ValidationOptions } from './options'
import { batchSizeOption, type Source, sourceOf } from './source'
import { evaluate } from './step'
import { rows } from './tree'

export interface Validation {
  source: Source
  everyEpochs: number
}

/** What was measured: means over the samples. */
export interface Measured {
  loss: number
  metrics: Record<string, number>
}

function isOptions(value: unknown): value is ValidationOptions {
  return typeof value === 'object' && value !== null && isPlain(value) && 'data' in value
}

/** @param batchSize that of the training */
export function checkValidation(
  value: TrainOptions['validation'],
  batchSize: number | 'full' | null
): Validation | null {
  if (value === undefined) return null
  const given = isOptions(value)
    ? checkOptions<ValidationOptions>('validation', value, ['data', 'batchSize', 'everyEpochs'])
    : { data: value }
  const own =
    given.batchSize === undefined ? null : batchSizeOption('validation.batchSize', given.batchSize)
  const name = isOptions(value) ? 'validation.data' : 'validation'
  const batching = { batchSize: own, usualBatchSize: batchSize, shuffle: false, dropLast: null }
  return {
    source: sourceOf(name, given.data, batching),
    everyEpochs: integer('validation.everyEpochs', given.everyEpochs ?? 1, 1)
  }
}

/** Puts every module back into the mode that it is in now. */
function modesOf(model: Module): () => void {
  const modes = model.modules().map((module) => [module, module.training] as const)
  return () => {
    for (const [module, training] of modes) module.training = training
  }
}

/** One pass over `source` in eval mode, without autograd. */
export async function measure(plan: Plan, source: Source): Promise<Measured> {
  const { model, metrics } = plan
  const sums = new Map<string, number>()
  let loss = 0
  let samples = 0
  const pass = source.begin()
  const restoreModes = modesOf(model)
  let isOver = false
  try {
    for (let batch = await pass.next(); batch !== null; batch = await pass.next()) {
      const here = moved(batch, plan.device)
      const count = rows(here.tensors[0]!)
      // Set for each batch: what else runs between two of them may set it too.
      model.eval()
      noGrad(() => {
        const result = evaluate(plan, here)
        const target = here.layout.rebuild(here.tensors) as never[]
        loss += Number(result.loss.item()) * count
        for (const metric of metrics) {
          const value = metricValue(metric, metric.compute(result.output, target.at(-1)!))
          sums.set(metric.name, (sums.get(metric.name) ?? 0) + value * count)
        }
      })
      restoreModes()
      samples += count
      await turn()
    }
    isOver = true
  } finally {
    restoreModes()
    await pass.close(isOver)
  }
  if (samples === 0)
    throw new RangeError(
      'validation: expected at least one batch, got none; a generator runs only once'
    )
  const means = metrics.map(({ name }) => [name, (sums.get(name) ?? 0) / samples])
  return { loss: loss / samples, metrics: Object.fromEntries(means) }
}
