/**
 * From which call to which a storage's contents are needed.
 */
import { gradientStorages, type Register, registersIn, type Step } from '../step'

export interface Life {
  bytes: number
  /** The first call that touches it. */
  from: number
  /** The last one; behind all calls for a gradient, which the caller sees. */
  to: number
}

/** The lives of the storages that the step's calls touch. */
export function livesOf(step: Step): Map<number, Life> {
  const found = new Map<number, Life>()
  for (const [i, call] of step.calls.entries()) {
    for (const register of [...call.arguments.flatMap(registersIn), ...call.results]) {
      if (register < 0) continue
      const { storage } = step.registers[register] as Register
      const life = found.get(storage)
      if (life) life.to = i
      else found.set(storage, { bytes: step.storages[storage]?.bytes ?? 0, from: i, to: i })
    }
  }
  for (const storage of gradientStorages(step).keys()) {
    const life = found.get(storage)
    if (life) life.to = step.calls.length
  }
  return found
}
