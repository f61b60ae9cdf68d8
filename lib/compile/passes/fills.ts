/**
 * `zeros`, `ones_like` and their kin become `fill_`: what they look at, a tensor's shape, is known, so
 * they depend on nothing, and their memory can be planned.
 */
import { exposedStorages } from '../step'
import type { Argument, Call, Register, Step } from '../step'

const values: Record<string, number | 'given'> = {
  'aten::zeros': 0,
  'aten::zeros_like': 0,
  'aten::new_zeros': 0,
  'aten::ones': 1,
  'aten::ones_like': 1,
  'aten::new_ones': 1,
  'aten::full': 'given',
  'aten::full_like': 'given',
  'aten::new_full': 'given'
}

/** Where `full` and its kin have their value. */
const valueAt: Record<string, number> = {
  'aten::full': 1,
  'aten::full_like': 1,
  'aten::new_full': 2
}

function constantOf(call: Call): Argument | undefined {
  const value = values[call.operator]
  if (value === 'given') return call.arguments[valueAt[call.operator] as number]
  return value === undefined ? undefined : { literal: value, isInt: true }
}

export function constantFills(step: Step): void {
  const exposed = exposedStorages(step)
  step.calls = step.calls.map((call) => {
    const value = constantOf(call)
    const [register = -1] = call.results
    if (value === undefined || register < 0 || call.overload.includes('out')) return call
    const { storage } = step.registers[register] as Register
    if (exposed.has(storage)) return call
    step.filled.add(storage)
    return {
      ...call,
      operator: 'aten::fill_',
      overload: 'Scalar',
      arguments: [register, value],
      writes: [0],
      results: []
    }
  })
}
