/**
 * Figures that are measured beside the loss.
 */
import { callable, typeError } from '../check'
import { isTensor, type Tensor, tensorArgument } from '../tensor'
import type { Metric, MetricName, TrainOptions } from './options'

export interface NamedMetric {
  name: string
  /** Whether a low or a high value is good. */
  mode: 'min' | 'max'
  compute: Metric
}

function isWhole(tensor: Tensor): boolean {
  return !/float|complex/.test(tensor.dtype)
}

function share(hits: Tensor): Tensor {
  return hits.to('float64').mean()
}

/** The share whose largest of C outputs `[N, C, ...]` is the target's class: `[N, ...]`, or scores like the output. */
function accuracy(output: Tensor, target: Tensor): Tensor {
  if (output.ndim < 2)
    throw typeError(
      'accuracy',
      'an output [N, C, ...]',
      `[${output.shape}]`,
      "use 'binaryAccuracy'"
    )
  const classes = isWhole(target) && target.ndim < output.ndim ? target : target.argmax(1)
  return share(output.argmax(1).eq(classes))
}

/** The share whose logit is above 0 where the target is above 0.5, and else not. */
function binaryAccuracy(output: Tensor, target: Tensor): Tensor {
  return share(output.gt(0).eq(target.gt(0.5)))
}

function mse(output: Tensor, target: Tensor): Tensor {
  return output.sub(target).square().mean()
}

function mae(output: Tensor, target: Tensor): Tensor {
  return output.sub(target).abs().mean()
}

/** A metric of one tensor and another. */
function ofTensors(name: string, compute: (output: Tensor, target: Tensor) => Tensor): Metric {
  return (output, target) =>
    compute(tensorArgument(`${name}: output`, output), tensorArgument(`${name}: target`, target))
}

const known: Record<MetricName, NamedMetric> = {
  accuracy: { name: 'accuracy', mode: 'max', compute: ofTensors('accuracy', accuracy) },
  binaryAccuracy: {
    name: 'binaryAccuracy',
    mode: 'max',
    compute: ofTensors('binaryAccuracy', binaryAccuracy)
  },
  mse: { name: 'mse', mode: 'min', compute: ofTensors('mse', mse) },
  mae: { name: 'mae', mode: 'min', compute: ofTensors('mae', mae) }
}

/** Names that columns of the history have already. */
const taken = ['epoch', 'loss', 'validationLoss', 'lr', 'seconds']

function namedMetric(value: unknown, place: string): NamedMetric {
  if (typeof value === 'string' && Object.hasOwn(known, value)) return known[value as MetricName]
  if (typeof value !== 'function') {
    const names = Object.keys(known).map((name) => `'${name}'`)
    throw typeError(place, `a function (output, target), or ${names.join(', ')}`, value)
  }
  if (!value.name)
    throw typeError(place, 'a function with a name', value, 'give metrics as { name: function }')
  return { name: value.name, mode: 'min', compute: value as Metric }
}

/** @throws TypeError for what is no metric, or for a name given twice */
export function checkMetrics(value: TrainOptions['metrics']): readonly NamedMetric[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null)
    throw typeError('metrics', 'an array of metrics, or an object of functions', value)
  const metrics = Array.isArray(value)
    ? value.map((item, i) => namedMetric(item, `metrics[${i}]`))
    : Object.entries(value).map(([name, compute]) => ({
        name,
        mode: 'min' as const,
        compute: callable(`metrics.${name}`, compute as Metric)
      }))
  const seen = new Set(taken)
  for (const { name } of metrics) {
    if (seen.has(name)) throw typeError('metrics', 'each name once, and none of the history', name)
    seen.add(name)
  }
  return metrics
}

/** What a metric gave, as a number. */
export function metricValue({ name }: NamedMetric, value: unknown): number {
  if (typeof value === 'number') return value
  if (isTensor(value) && value.numel() === 1) return Number(value.item())
  throw typeError(`metrics: ${name}`, 'a number or a Tensor of one element as its result', value)
}
