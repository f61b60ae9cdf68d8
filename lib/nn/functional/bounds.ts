/**
 * Numbers that libtorch takes on trust: its CPU kernels would read or write beyond their memory for
 * wrong ones. On a GPU the kernels look for themselves, and reading them here would wait for it.
 */
import { rangeError } from '../../check'
import { refuse } from '../../compile/tape'
import type { Tensor } from '../../tensor'
import { operator } from '../define'

const aminmax = operator<(input: Tensor) => [Tensor, Tensor]>('aminmax')

/** A replay could not throw, and would read beyond the memory. */
function refuseCheck(name: string): void {
  refuse(`the check of '${name}', which reads its numbers`, 'call the function outside of the step')
}

/** All elements from `least` to `most`. */
export function within(name: string, tensor: Tensor, least: number, most: number): void {
  if (tensor.device !== 'cpu' || tensor.numel() === 0) return
  refuseCheck(name)
  for (const bound of aminmax(tensor)) {
    const value = bound.item()
    if (value >= least && value <= most) continue
    throw rangeError(name, `numbers from ${least} to ${most}`, value)
  }
}

/** No element less than the one before it. */
export function ascending(name: string, vector: Tensor): void {
  const count = vector.numel() - 1
  if (vector.device !== 'cpu' || count < 1) return
  refuseCheck(name)
  const falls = vector.narrow(0, 1, count).lt(vector.narrow(0, 0, count))
  if (falls.any().item<boolean>()) throw rangeError(name, 'numbers in ascending order', vector)
}
