/**
 * Dividing gradients by a scale: libtorch's operator for it, and the same by plain ones on the CPU of
 * libtorchs before 2.3, where that exists for CUDA only.
 */
import { full } from '../creation'
import { operator } from '../nn/define'
import { isBefore } from '../nn/version'
import type { Tensor } from '../tensor'

const unscaleTogether = operator<(gradients: Tensor[], found: Tensor, inverse: Tensor) => void>(
  '_amp_foreach_non_finite_check_and_unscale_'
)

/** A parameter's gradient; null where it has none. */
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

/** Multiplies `gradients`, all of one device and dtype. Whether one holds inf or NaN. */
function unscaleAlike(gradients: readonly Tensor[], inverse: number): boolean {
  const { device } = gradients[0] as Tensor
  const factor = full([], inverse, { device })
  if (device === 'cpu' && isBefore(2, 3)) {
    const isSound = gradients.map((gradient) => Boolean(gradient.isfinite().all().item()))
    for (const gradient of gradients) gradient.mul_(factor)
    return isSound.includes(false)
  }
  const found = full([], 0, { device })
  unscaleTogether([...gradients], found, factor)
  return found.item() !== 0
}

/** What `unscale` came upon. */
export type Found = 'no gradients' | 'finite' | 'inf or NaN'

/** Multiplies the gradients of all `params` by `inverse`, in place. */
export function unscale(params: readonly Tensor[], inverse: number): Found {
  const byKind = new Map<string, Tensor[]>()
  for (const parameter of params) {
    const gradient = gradientOf(parameter)
    if (!gradient) continue
    const kind = `${gradient.device} ${gradient.dtype}`
    const others = byKind.get(kind)
    if (others) others.push(gradient)
    else byKind.set(kind, [gradient])
  }
  if (byKind.size === 0) return 'no gradients'
  const found = [...byKind.values()].map((gradients) => unscaleAlike(gradients, inverse))
  return found.includes(true) ? 'inf or NaN' : 'finite'
}
