/**
 * Places what is planned in one block: storages whose lives do not overlap share memory. Largest
 * first, each at the lowest place where nothing that lives at the same time lies.
 */
import { type Register, registersIn, type Step } from '../step'

/** As libtorch's own allocator aligns. */
const alignment = 64

interface Life {
  storage: number
  bytes: number
  from: number
  to: number
}

function lives(step: Step): Life[] {
  const found = new Map<number, Life>()
  for (const [i, call] of step.calls.entries()) {
    const touched = [...call.arguments.flatMap(registersIn), ...call.results]
    for (const register of touched) {
      if (register < 0) continue
      const { storage } = step.registers[register] as Register
      if (step.places[storage]?.kind !== 'block') continue
      const bytes = step.storages[storage]?.bytes ?? 0
      const life = found.get(storage)
      if (life) life.to = i
      else found.set(storage, { storage, bytes, from: i, to: i })
    }
  }
  return [...found.values()]
}

export function planMemory(step: Step): void {
  const placed: (Life & { offset: number })[] = []
  step.block = 0
  for (const life of lives(step).sort((a, b) => b.bytes - a.bytes || a.from - b.from)) {
    const others = placed
      .filter((other) => other.from <= life.to && other.to >= life.from)
      .sort((a, b) => a.offset - b.offset)
    let offset = 0
    for (const other of others) {
      if (offset + life.bytes <= other.offset) break
      const end = other.offset + other.bytes
      offset = Math.max(offset, Math.ceil(end / alignment) * alignment)
    }
    placed.push({ ...life, offset })
    step.places[life.storage] = { kind: 'block', offset }
    step.block = Math.max(step.block, offset + life.bytes)
  }
}
