/**
 * An elementwise call writes over an operand that nobody needs afterwards: element by element it reads
 * what it then replaces.
 */
import { elementwise } from '../operators'
import { type Call, isWhole, type Register, registersIn, type Step } from '../step'
import { livesOf } from './lives'

function areAlike(one: Register, other: Register): boolean {
  return (
    one.dtype === other.dtype &&
    one.device === other.device &&
    String(one.shape) === String(other.shape) &&
    String(one.strides) === String(other.strides)
  )
}

/** The only register that a call writes to, where it makes nothing else; -1 for none. */
function resultOf(call: Call): number {
  const written = call.writes.flatMap((i) => registersIn(call.arguments[i] ?? null))
  return written.length === 1 && call.results.length === 0 ? (written[0] as number) : -1
}

export function reuseOperands(step: Step): void {
  const lives = livesOf(step)
  const storageOf = (register: number) => (step.registers[register] as Register).storage
  for (const [i, call] of step.calls.entries()) {
    const result = resultOf(call)
    if (result < 0 || !elementwise.has(call.operator) || !isWhole(step, result)) continue
    const made = storageOf(result)
    if (step.places[made]?.kind !== 'block' || lives.get(made)?.from !== i) continue
    const given = call.arguments.flatMap(registersIn)
    const operand = given.find((register) => {
      const storage = storageOf(register)
      const kind = step.places[storage]?.kind
      return (
        storage !== made &&
        (kind === 'block' || kind === 'offered') &&
        lives.get(storage)?.to === i &&
        isWhole(step, register) &&
        areAlike(step.registers[register] as Register, step.registers[result] as Register) &&
        given.every((other) => other === register || storageOf(other) !== storage)
      )
    })
    if (operand !== undefined) step.over.set(made, storageOf(operand))
  }
}
