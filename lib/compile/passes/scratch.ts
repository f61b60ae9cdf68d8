/**
 * A call that allocates may need memory on the way: as much as it took when it was recorded has a place
 * in the block, in which other things lie before and after.
 */
import type { Call, Step } from '../step'
import { smallestOffer } from './offers'

function allocates(call: Call): boolean {
  return call.results.length > 0 && call.writes.length === 0 && !call.givesView
}

export function offerScratch(step: Step): void {
  const devices = new Map(step.registers.map(({ device }, register) => [register, device]))
  step.calls = step.calls.map((call) => {
    const isOnCpu = call.results.every(
      (register) => register < 0 || devices.get(register) === 'cpu'
    )
    if (!isOnCpu || !allocates(call) || call.scratchBytes < smallestOffer) return call
    return { ...call, scratch: { offset: -1, bytes: call.scratchBytes } }
  })
}
