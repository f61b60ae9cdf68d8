/**
 * Results go to memory that is there: a call is exchanged for its out variant where the device has a
 * kernel for that, `empty` for nothing at all. All of it lies in one block (passes/memory.ts), or where
 * that pass is left out, each by itself.
 */
import { native } from '../../native'
import { copies, empties, growsOutput, otherOutVariants } from '../operators'
import {
  type Argument,
  type Call,
  exposedStorages,
  gradientStorages,
  isWhole,
  type Register,
  registersIn,
  type Step,
  storagesOf
} from '../step'

interface Variant {
  overload: string | null
}

const variants = new Map<string, Variant>()

/** The out variant's overload, null where there is none. */
function outVariant({ operator, overload }: Call, device: string): string | null {
  if (growsOutput.has(operator)) return null
  const other = otherOutVariants.get(operator)
  if (other !== undefined) return other
  const [kind = 'cpu'] = device.split(':')
  const key = `${operator}.${overload} ${kind}`
  let found = variants.get(key)
  if (!found) {
    found = { overload: native.outVariant(operator, overload, kind) }
    variants.set(key, found)
  }
  return found.overload
}

/** `copy_(to, from)` */
function copyInto(call: Call, from: Argument, to: number): Call {
  return {
    ...call,
    operator: 'aten::copy_',
    overload: '',
    arguments: [to, from],
    writes: [0],
    results: []
  }
}

/** Storages that an out variant gave another shape, and maybe another size. */
function resizedStorages(step: Step): Set<number> {
  const resized = step.calls.flatMap((call) => {
    const written = call.writes.flatMap((i) => registersIn(call.arguments[i] ?? null))
    const storages = new Set(written.map((register) => step.registers[register]?.storage))
    return call.results
      .filter((register) => !written.includes(register))
      .map((register) => step.registers[register]?.storage)
      .filter((storage) => storages.has(storage))
  })
  return new Set(resized as number[])
}

export function planOutputs(step: Step): void {
  const exposed = exposedStorages(step)
  const unplaced = resizedStorages(step)
  for (const [storage, count] of gradientStorages(step)) {
    if (count > 1) unplaced.add(storage)
  }
  const canPlace = (register: number) => {
    const { storage } = step.registers[register] as Register
    return (
      isWhole(step, register) &&
      step.storages[storage]?.kind === 'made' &&
      !exposed.has(storage) &&
      !unplaced.has(storage) &&
      step.places[storage] === null
    )
  }
  const place = (register: number) => {
    step.places[(step.registers[register] as Register).storage] = { kind: 'block', offset: -1 }
  }
  step.calls = step.calls.flatMap((call) => {
    if (call.operator === 'aten::fill_') {
      const [register] = call.arguments
      if (typeof register === 'number' && canPlace(register)) {
        const { storage } = step.registers[register] as Register
        if (step.filled.has(storage)) place(register)
      }
      return [call]
    }
    const { results } = call
    if (call.writes.length > 0 || call.givesView || results.length === 0) return [call]
    const made = storagesOf(step, call)
    if (results.some((register) => register < 0 || !canPlace(register))) return [call]
    if (results.some((register) => made.read.has(step.registers[register]?.storage ?? -1)))
      return [call]
    if (empties.has(call.operator)) {
      for (const register of results) place(register)
      return []
    }
    const [self] = call.arguments
    if (copies.has(call.operator) && self !== undefined) {
      for (const register of results) place(register)
      return [copyInto(call, self, results[0] as number)]
    }
    const device = step.registers[results[0] as number]?.device ?? 'cpu'
    const overload = outVariant(call, device)
    if (overload === null) return [call]
    for (const register of results) place(register)
    const first = call.arguments.length
    return [
      {
        ...call,
        overload,
        arguments: [...call.arguments, ...results],
        writes: results.map((_, i) => first + i),
        results: []
      }
    ]
  })
}

/** Views of memory that stays are made with the program: their calls go. */
export function dropViews(step: Step): void {
  step.calls = step.calls.filter((call) => {
    if (!call.givesView || call.writes.length > 0) return true
    return call.results.some((register) => {
      if (register < 0) return true
      return step.places[(step.registers[register] as Register).storage] === null
    })
  })
}
