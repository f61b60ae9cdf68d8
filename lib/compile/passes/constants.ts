/**
 * What depends on nothing in the step, and is never written to, runs once.
 */
import { exposedStorages, type Register, registersIn, type Step, storagesOf } from '../step'

/** How many calls write to a storage. */
function writers(step: Step): Map<number, number> {
  const counts = new Map<number, number>()
  for (const call of step.calls) {
    for (const storage of storagesOf(step, call).written) {
      counts.set(storage, (counts.get(storage) ?? 0) + 1)
    }
  }
  return counts
}

export function hoistConstants(step: Step): void {
  const exposed = exposedStorages(step)
  for (const { gradientAfter } of step.captured) {
    if (gradientAfter >= 0) exposed.add((step.registers[gradientAfter] as Register).storage)
  }
  const counts = writers(step)
  const constant = new Set<number>()
  const storageOf = (register: number) => (step.registers[register] as Register).storage
  step.calls = step.calls.filter((call) => {
    const isFill = call.operator === 'aten::fill_'
    const given = isFill ? [] : call.arguments.flatMap(registersIn)
    const made = (isFill ? call.arguments.flatMap(registersIn) : call.results)
      .filter((register) => register >= 0)
      .map(storageOf)
    const varies = call.arguments.some(
      (argument) => argument !== null && typeof argument === 'object' && 'slot' in argument
    )
    const isConstant =
      !varies &&
      !call.isRandom &&
      made.length > 0 &&
      (isFill || call.writes.length === 0) &&
      given.every((register) => constant.has(storageOf(register))) &&
      made.every(
        (storage) =>
          !exposed.has(storage) &&
          step.storages[storage]?.kind === 'made' &&
          (constant.has(storage) || counts.get(storage) === 1) &&
          (!isFill || step.filled.has(storage))
      )
    if (!isConstant) return true
    const isView = made.every((storage) => step.places[storage]?.kind === 'own')
    for (const storage of made) {
      constant.add(storage)
      // A filled storage is memory of its own; others are made by the call.
      step.places[storage] ??= isFill ? { kind: 'own' } : { kind: 'kept' }
    }
    if (!isView) step.once.push(call)
    return false
  })
}
