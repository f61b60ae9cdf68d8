/**
 * Bounds for gradients.
 */
import { boolean, options as checkOptions, rangeError, typeError } from '../../check'
import { tensor as makeTensor } from '../../data'
import { noGrad } from '../../modes'
import { type Tensor, tensorArgument } from '../../tensor'
import { operator } from '../define'
import { isBefore } from '../version'

export interface ClipGradNormOptions {
  /** The p of the norm, `Infinity` for the largest entry. Default 2. */
  normType?: number
  /** Throw where the norm is infinite or not a number, instead of scaling by it. Default false. */
  errorIfNonfinite?: boolean
  /**
   * Whether all gradients of a device and dtype are one call of libtorch's for-each kernels. Default
   * as PyTorch's of the loaded version: from 2.0 on.
   */
  foreach?: boolean | null
}

export interface ClipGradValueOptions {
  /** As for clipGradNorm. */
  foreach?: boolean | null
}

/** The gradients that there are. */
function gradientsOf(parameters: Tensor | Iterable<Tensor>): Tensor[] {
  const list = isIterableOfTensors(parameters) ? [...parameters] : [parameters as Tensor]
  return list.flatMap((parameter, i) => {
    const { grad } = tensorArgument(`parameters[${i}]`, parameter)
    return grad ? [grad.detach()] : []
  })
}

/** A tensor could be iterated over too, row by row. */
function isIterableOfTensors(value: Tensor | Iterable<Tensor>): value is Iterable<Tensor> {
  return Array.isArray(value) || (typeof value === 'object' && value !== null && 'next' in value)
}

function number(name: string, value: unknown, least = Number.NEGATIVE_INFINITY): number {
  if (typeof value !== 'number') throw typeError(name, 'a number', value)
  if (!(value >= least)) throw rangeError(name, `a number >= ${least}`, value)
  return value
}

function foreachFlag(value: boolean | null | undefined): boolean {
  return value === undefined || value === null ? !isBefore(2, 0) : boolean('foreach', value)
}

/** Lists of tensors of one device and dtype: what the for-each kernels take. */
function grouped(tensors: readonly Tensor[]): Tensor[][] {
  const groups = new Map<string, Tensor[]>()
  for (const tensor of tensors) {
    const key = `${tensor.device} ${tensor.dtype}`
    const group = groups.get(key)
    if (group) group.push(tensor)
    else groups.set(key, [tensor])
  }
  return [...groups.values()]
}

const norm = operator('norm')
const vectorNorm = operator('linalg_vector_norm')
const foreachNorm = operator<(tensors: Tensor[], p: number) => Tensor[]>('_foreach_norm')
const foreachMul_ = operator<(tensors: Tensor[], factor: Tensor) => void>('_foreach_mul_')
const stack = operator('stack')
const max = operator('max')
const clamp = operator('clamp')

/** PyTorch before 2.0 computes by other operators, whose last bit differs. */
function oldNorm(gradients: Tensor[], p: number, device: string): Tensor {
  if (p === Infinity) {
    const largest = gradients.map((gradient) => gradient.abs().max().to({ device }))
    return largest.length === 1 ? (largest[0] as Tensor) : max(stack(largest))
  }
  return norm(stack(gradients.map((gradient) => norm(gradient, p).to({ device }))), p)
}

function totalNorm(gradients: Tensor[], p: number, foreach: boolean): Tensor {
  const [first] = gradients
  if (!first) return makeTensor(0)
  const { device } = first
  if (isBefore(2, 0)) return oldNorm(gradients, p, device)
  const norms = grouped(gradients).flatMap((group) =>
    foreach ? foreachNorm(group, p) : group.map((gradient) => vectorNorm(gradient, p))
  )
  return vectorNorm(stack(norms.map((each) => each.to({ device }))), p)
}

/**
 * Scales all gradients, in place, by one factor, so that their norm, as of one vector, is at most
 * `maxNorm`: maxNorm / (norm + 1e-6), or 1 if that is more.
 * @param maxNorm `Infinity` to measure only
 * @returns the norm before
 * @throws Error with `errorIfNonfinite`, before anything is scaled
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 */
export function clipGradNorm(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options?: ClipGradNormOptions
): Tensor {
  const checked = checkOptions<ClipGradNormOptions>('clipGradNorm', options, [
    'normType',
    'errorIfNonfinite',
    'foreach'
  ])
  const limit = number('maxNorm', maxNorm)
  const p = number('normType', checked.normType ?? 2)
  const refuses = boolean('errorIfNonfinite', checked.errorIfNonfinite ?? false)
  const foreach = foreachFlag(checked.foreach)
  return noGrad(() => {
    const gradients = gradientsOf(parameters)
    const total = totalNorm(gradients, p, foreach)
    if (refuses && !Number.isFinite(total.item())) {
      throw new Error(
        `clipGradNorm: expected gradients with a finite norm, got ${total.item()}; set ` +
          'errorIfNonfinite to false to scale by it nevertheless'
      )
    }
    if (gradients.length > 0) scale(gradients, coefficient(limit, total), foreach)
    return total
  })
}

/** maxNorm / (total + 1e-6), at most 1: as a tensor, so that a GPU need not be waited for. */
function coefficient(maxNorm: number, total: Tensor): Tensor {
  return clamp(total.add(1e-6).reciprocal().mul(maxNorm), { max: 1 })
}

function scale(gradients: Tensor[], factor: Tensor, foreach: boolean): void {
  for (const group of grouped(gradients)) {
    const here = factor.to({ device: (group[0] as Tensor).device })
    if (foreach && !isBefore(2, 0)) foreachMul_(group, here)
    else for (const gradient of group) gradient.mul_(here)
  }
}

const foreachClampMin_ = operator<(tensors: Tensor[], bound: number) => void>('_foreach_clamp_min_')
const foreachClampMax_ = operator<(tensors: Tensor[], bound: number) => void>('_foreach_clamp_max_')

/**
 * Brings all entries of all gradients, in place, into [-clipValue, clipValue].
 * @throws RangeError unless clipValue is at least 0
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 */
export function clipGradValue(
  parameters: Tensor | Iterable<Tensor>,
  clipValue: number,
  options?: ClipGradValueOptions
): void {
  const checked = checkOptions<ClipGradValueOptions>('clipGradValue', options, ['foreach'])
  const bound = number('clipValue', clipValue, 0)
  const foreach = foreachFlag(checked.foreach)
  noGrad(() => {
    for (const group of grouped(gradientsOf(parameters))) {
      if (foreach && !isBefore(2, 0)) {
        foreachClampMin_(group, -bound)
        foreachClampMax_(group, bound)
      } else {
        for (const gradient of group) gradient.clamp_(-bound, bound)
      }
    }
  })
}

export { clipGradNorm as clipGradNorm_, clipGradValue as clipGradValue_ }
