/**
 * A gradient that is set to zero and then added to, as zeroGrad({ setToNone: false }) has it: one call
 * that writes 0 + g. (A copy would keep the sign of -0, which 0 + -0 does not.)
 */
import { type Argument, type Call, registersIn, type Step } from '../step'

/** The number of the first call behind `start` that touches the register's storage. */
function nextUse(step: Step, start: number, storage: number): number {
  const touches = (call: Call) =>
    [...call.arguments.flatMap(registersIn), ...call.results].some(
      (register) => register >= 0 && step.registers[register]?.storage === storage
    )
  const found = step.calls.slice(start + 1).findIndex(touches)
  return found < 0 ? -1 : start + 1 + found
}

function isOne(argument: Argument): boolean {
  return (
    typeof argument === 'object' &&
    argument !== null &&
    'number' in argument &&
    argument.number === 1
  )
}

export function fuseZeroAdd(step: Step): void {
  const dropped = new Set<Call>()
  for (const [i, call] of step.calls.entries()) {
    const [register] = call.arguments
    if (call.operator !== 'aten::zero_' || typeof register !== 'number') continue
    const next = nextUse(step, i, step.registers[register]?.storage ?? -1)
    const add = step.calls[next]
    if (add?.operator !== 'aten::add_' || add.overload !== 'Tensor') continue
    const [target, addend, alpha] = add.arguments
    const isPlain =
      target === register &&
      typeof addend === 'number' &&
      step.storages[step.registers[addend]?.storage ?? -1]?.kind === 'made' &&
      step.registers[addend]?.storage !== step.registers[register]?.storage &&
      String(step.registers[addend]?.shape) === String(step.registers[register]?.shape) &&
      step.registers[addend]?.dtype === step.registers[register]?.dtype
    const dtype = step.registers[register]?.dtype
    const isFloat = dtype === 'float32' || dtype === 'float64'
    if (!isPlain || !isFloat || alpha === undefined || !isOne(alpha)) continue
    dropped.add(call)
    step.calls[next] = {
      ...add,
      operator: 'aten::add',
      overload: 'out',
      arguments: [
        addend,
        { literal: 0, isInt: true, isDouble: dtype === 'float64' },
        alpha,
        register
      ],
      writes: [3],
      results: []
    }
  }
  step.calls = step.calls.filter((call) => !dropped.has(call))
}
