/**
 * A call without an out variant allocates its results itself. Large ones are offered a place in the
 * block: libtorch's allocator gives it to the call, so that they share memory with the rest.
 */
import { exposedStorages, gradientStorages, madeBy, type Step } from '../step'

/** native/compile/block.h has the same. */
export const smallestOffer = 8 * 1024

export function offerMemory(step: Step): void {
  const seen = new Set([...exposedStorages(step), ...gradientStorages(step).keys()])
  const devices = new Map(step.registers.map(({ storage, device }) => [storage, device]))
  for (const call of step.calls) {
    if (call.givesView) continue
    for (const storage of madeBy(step, call)) {
      const { kind, bytes = 0 } = step.storages[storage] ?? {}
      const isOurs = kind === 'made' && step.places[storage] === null && !seen.has(storage)
      if (isOurs && bytes >= smallestOffer && devices.get(storage) === 'cpu')
        step.places[storage] = { kind: 'offered', offset: -1 }
    }
  }
}
