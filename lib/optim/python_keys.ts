/**
 * Keys of Python's `param_groups` that choose between implementations of one formula. Here there is
 * no such choice; they are written as Python writes its defaults, so that it can read them.
 */
import { isBefore } from '../nn/version'

type Key = 'foreach' | 'capturable' | 'differentiable' | 'fused'

/** Before 2.0 no optimizer but Adam had `fused`, with another default. */
const isOld = isBefore(2, 0)

const defaults: Record<Key, boolean | null> = {
  foreach: null,
  capturable: false,
  differentiable: false,
  fused: isOld ? false : null
}

/** The keys of an optimizer in PyTorch 1.13 and since 2.0. */
export function pythonKeys(
  old: readonly Key[],
  recent: readonly Key[]
): Record<string, boolean | null> {
  return Object.fromEntries((isOld ? old : recent).map((key) => [key, defaults[key]]))
}
