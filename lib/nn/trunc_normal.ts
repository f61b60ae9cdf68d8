/**
 * Draws from a normal distribution within bounds, by PyTorch's two methods.
 * Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_
 */
import { full } from '../creation'
import type { Tensor } from '../tensor'
import { operator } from './define'

const erf = operator('erf')

/** P(N(0, 1) <= x) */
function distribution(x: number): number {
  return (1 + erf(full([], x / Math.sqrt(2), { dtype: 'float64' })).item()) / 2
}

const erfinv_ = operator('erfinv_')
const clamp_ = operator('clamp_')

/** Of uniform draws the inverse of the distribution function: PyTorch before 2.12. */
export function inverseNormal(
  tensor: Tensor,
  mean: number,
  std: number,
  a: number,
  b: number
): void {
  const lower = distribution((a - mean) / std)
  const upper = distribution((b - mean) / std)
  erfinv_(tensor.uniform_(2 * lower - 1, 2 * upper - 1))
  tensor.mul_(std * Math.sqrt(2)).add_(mean)
  clamp_(tensor, a, b)
}

const where = operator('where')
const logicalOr = operator('logical_or')
const emptyLike = operator('empty_like')
const pow_ = operator('pow_')
const log_ = operator('log_')

/** Draws outside the bounds are drawn again: PyTorch from 2.12 on. */
export function rejectedNormal(
  tensor: Tensor,
  mean: number,
  std: number,
  a: number,
  b: number
): void {
  const inside = distribution((b - mean) / std) - distribution((a - mean) / std)
  if (inside > 0.3) redrawNormal(tensor, mean, std, a, b)
  else redrawUniform(tensor, mean, std, a, b)
}

/** Normal draws, good where many of them lie inside. */
function redrawNormal(tensor: Tensor, mean: number, std: number, a: number, b: number): void {
  const [low, high] = [a, b].map((bound) => full([], bound, { dtype: tensor.dtype }).item())
  let result = tensor.normal_(mean, std)
  for (;;) {
    const outside = logicalOr(result.lt(low as number), result.gt(high as number))
    if (!outside.any().item<boolean>()) break
    result = where(outside, emptyLike(result).normal_(mean, std), result)
  }
  if (result !== tensor) tensor.copy_(result)
}

/** Uniform draws, each kept with its probability relative to the likeliest. */
function redrawUniform(tensor: Tensor, mean: number, std: number, a: number, b: number): void {
  const mode = Math.max(a, Math.min(mean, b))
  const logPeak = -0.5 * ((mode - mean) / std) ** 2
  const candidates = emptyLike(tensor)
  const chances = emptyLike(tensor)
  const refused = (): Tensor => {
    pow_(candidates.sub_(mean).div_(std), 2).mul_(-0.5).sub_(logPeak)
    return log_(chances.uniform_()).gt(candidates)
  }
  candidates.copy_(tensor.uniform_(a, b))
  let pending = refused()
  let result: Tensor = tensor
  while (pending.any().item<boolean>()) {
    result = where(pending, candidates.uniform_(a, b), result)
    pending = where(pending, refused(), pending)
  }
  if (result !== tensor) tensor.copy_(result)
}
