/**
 * The arithmetic of gradient scaling: libtorch's two operators for it, and the same by plain ones
 * on the CPU of libtorchs before 2.3, where these exist for CUDA only.
 */
import { operator } from '../nn/define'
import { isBefore } from '../nn/version'
import { full } from '../creation'
import type { Tensor } from '../tensor'

/** For each device a float32 that is not 0 where a gradient there holds inf or NaN. */
export type FoundInf = Map<string, Tensor>

export interface ScaleOptions {
  growthFactor: number
  backoffFactor: number
  growthInterval: number
}

const unscaleTogether = operator<(grads: Tensor[], found: Tensor, inverse: Tensor) => void>(
  '_amp_foreach_non_finite_check_and_unscale_'
)
const updateInPlace =
  operator<
    (
      scale: Tensor,
      tracker: Tensor,
      found: Tensor,
      growthFactor: number,
      backoffFactor: number,
      growthInterval: number
    ) => Tensor
  >('_amp_update_scale_')

const isByHand = (device: string) => device === 'cpu' && isBefore(2, 3)

function gradientOf(parameter: Tensor): Tensor | null {
  const { grad } = parameter
  if (grad?.dtype === 'float16') {
    throw new Error(
      'GradScaler: expected gradients of float32, bfloat16 or float64, got float16; ' +
        'keep the parameters in float32 and run the forward in autocast()'
    )
  }
  return grad
}

/** Multiplies the gradients of `groups` by `inverse`, and tells where they hold inf or NaN. */
export function unscaleGradients(
  groups: readonly { readonly params: readonly Tensor[] }[],
  inverse: Tensor
): FoundInf {
  const byKind = new Map<string, Tensor[]>()
  for (const parameter of groups.flatMap(({ params }) => params)) {
    const gradient = gradientOf(parameter)
    if (!gradient) continue
    const kind = `${gradient.device} ${gradient.dtype}`
    const others = byKind.get(kind)
    if (others) others.push(gradient)
    else byKind.set(kind, [gradient])
  }
  const found: FoundInf = new Map()
  for (const gradients of byKind.values()) {
    const { device } = gradients[0] as Tensor
    const here = found.get(device) ?? full([], 0, { device })
    found.set(device, here)
    if (isByHand(device)) unscaleByHand(gradients, here, inverse)
    else unscaleTogether(gradients, here, inverse.to(device))
  }
  return found
}

function unscaleByHand(gradients: readonly Tensor[], found: Tensor, inverse: Tensor): void {
  for (const gradient of gradients) {
    if (!gradient.isfinite().all().item()) found.fill_(1)
    gradient.mul_(inverse)
  }
}

/** Adapts `scale` and the count of steps without inf, in place. */
export function updateScale(
  scale: Tensor,
  tracker: Tensor,
  found: Tensor,
  { growthFactor, backoffFactor, growthInterval }: ScaleOptions
): void {
  if (!isByHand(scale.device)) {
    updateInPlace(scale, tracker, found, growthFactor, backoffFactor, growthInterval)
    return
  }
  const count = (tracker.item() as number) + 1
  const before = scale.item() as number
  if (found.item() !== 0) {
    scale.fill_(before * backoffFactor)
    tracker.fill_(0)
  } else if (count !== growthInterval) {
    tracker.fill_(count)
  } else {
    const grown = Math.fround(before * growthFactor)
    if (Number.isFinite(grown)) scale.fill_(grown)
    tracker.fill_(0)
  }
}
