/**
 * Leaves out what nobody sees: results that are not used, and `detach()` and its kin, which give the
 * register that they were given.
 */
import { type Call, type Register, registersIn, type Step, storagesOf } from '../step'

export function removeDead(step: Step): void {
  const live = new Set<number>()
  const needed = new Set<number>(step.results)
  for (const [storage, { kind }] of step.storages.entries()) {
    if (kind !== 'made') live.add(storage)
  }
  for (const { gradientAfter } of [...step.captured, ...step.arguments]) {
    if (gradientAfter >= 0) needed.add(gradientAfter)
  }
  for (const register of needed) live.add((step.registers[register] as Register).storage)
  const kept: Call[] = []
  for (const call of [...step.calls].reverse()) {
    const given = new Set(call.arguments.flatMap(registersIn))
    const { read, written } = storagesOf(step, call)
    const isSeen = [...written].some((storage) => live.has(storage))
    const isUsed = call.results.some((register) => needed.has(register) && !given.has(register))
    if (!isSeen && !isUsed && !call.isRandom) continue
    kept.push(call)
    for (const storage of read) live.add(storage)
    for (const register of given) needed.add(register)
  }
  step.calls = kept.reverse()
}
