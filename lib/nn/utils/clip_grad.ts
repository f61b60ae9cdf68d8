/**
 * Bounds for gradients.
 */
import { boolean, options as checkOptions, rangeError, typeError } from '../../check'
import { refuse } from '../../compile/tape'
import { constantTensor } from '../../data'
import { noGrad } from '../../modes'
import { native } from '../../native'
import { type Tensor, isTensor, tensorArgument } from '../../tensor'
import { operator } from '../define'
import { isBefore } from '../version'

export interface ClipGradNormOptions {
  /** The p of the norm, `Infinity` for the largest entry. Default 2. */
  normType?: number
  /** Throw where the norm is infinite or not a number, instead of scaling by it. Default false. */
  errorIfNonfinite?: boolean
  /**
   * Whether all gradients of a device and dtype are one call of libtorch's for-each kernels. Default
   * true from libtorch 2.0 on; before, they are not there.
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
  const gradients: Tensor[] = []
  for (let i = 0; i < list.length; i++) {
    const parameter = list[i]
    const { grad } = isTensor(parameter) ? parameter : tensorArgument(`parameters[${i}]`, parameter)
    if (grad) gradients.push(grad)
  }
  return gradients
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

/** Whether to use kernels that PyTorch has from 2.0 on. */
function foreachFlag(value: boolean | null | undefined): boolean {
  const isThere = !isBefore(2, 0)
  if (value === undefined || value === null) return isThere
  if (boolean('foreach', value) && !isThere) {
    throw typeError('foreach', 'false or null before libtorch 2.0', value)
  }
  return value
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
const clampMax = operator('clamp_max')

/** `tensor` on `device`: for the usual case, that it is there, asking is faster than `to`. */
function on(device: string, tensor: Tensor): Tensor {
  return native.device(tensor) === device ? tensor : tensor.to({ device })
}

/** PyTorch before 2.0 computes by other operators, whose last bit differs. */
function oldNorm(gradients: Tensor[], p: number, device: string): Tensor {
  if (p === Infinity) {
    const largest = gradients.map((gradient) => on(device, gradient.abs().max()))
    return largest.length === 1 ? (largest[0] as Tensor) : max(stack(largest))
  }
  return norm(stack(gradients.map((gradient) => on(device, norm(gradient, p)))), p)
}

function totalNorm(gradients: Tensor[], p: number, foreach: boolean): Tensor {
  const [first] = gradients
  if (!first) return constantTensor(0)
  const { device } = first
  if (isBefore(2, 0)) return oldNorm(gradients, p, device)
  const norms = foreach
    ? grouped(gradients).flatMap((group) => foreachNorm(group, p))
    : gradients.map((gradient) => vectorNorm(gradient, p))
  return vectorNorm(stack(norms.map((each) => on(device, each))), p)
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
  if (refuses) {
    const remedy = 'leave it out, and look at the norm that the step returns'
    refuse('clipGradNorm() with errorIfNonfinite', remedy)
  }
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
  return clampMax(total.add(1e-6).reciprocal().mul(maxNorm), 1)
}

function scale(gradients: Tensor[], factor: Tensor, foreach: boolean): void {
  if (foreach) {
    for (const group of grouped(gradients)) {
      foreachMul_(group, on(native.device(group[0] as Tensor), factor))
    }
  } else {
    for (const gradient of gradients) gradient.mul_(on(native.device(gradient), factor))
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
    const gradients = gradientsOf(parameters)
    if (!foreach) {
      for (const gradient of gradients) gradient.clamp_(-bound, bound)
      return
    }
    for (const group of grouped(gradients)) {
      foreachClampMin_(group, -bound)
      foreachClampMax_(group, bound)
    }
  })
}

export { clipGradNorm as clipGradNorm_, clipGradValue as clipGradValue_ }
