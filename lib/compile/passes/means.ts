/**
 * `mse_loss` and `mean` on the CPU: a sum that is divided by a number, as libtorch computes them, with
 * each part in planned memory and the number's tensor made once. As one call they make a tensor of the
 * number, convert it, and make and free a temporary.
 */
import { addRegister, type Call, type Register, type Step } from '../step'

const [none, mean] = [0, 1]

function numberOf(call: Call, i: number): number | undefined {
  const argument = call.arguments[i]
  return argument !== null && typeof argument === 'object' && 'text' in argument
    ? argument.number
    : undefined
}

/** Whether two registers have one shape and one floating-point dtype, on the CPU. */
function areAlike(step: Step, a: number, b: number): boolean {
  const [one, other] = [step.registers[a] as Register, step.registers[b] as Register]
  return (
    (one.dtype === 'float32' || one.dtype === 'float64') &&
    one.dtype === other.dtype &&
    one.device === 'cpu' &&
    other.device === 'cpu' &&
    String(one.shape) === String(other.shape)
  )
}

function isDense({ shape, strides }: Register): boolean {
  let expected = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false
    expected *= shape[i] as number
  }
  return true
}

/** The sum of all elements of `register` in `result`, divided by their number. */
function meanOf(step: Step, call: Call, register: number, result: number): Call[] {
  const { shape, dtype } = step.registers[register] as Register
  const count = shape.reduce((all, size) => all * size, 1)
  const isDouble = dtype === 'float64'
  const sum = {
    ...call,
    operator: 'aten::sum',
    overload: 'dim_IntList',
    arguments: [register, { ints: [] }, { literal: 0, isInt: true }, null],
    writes: [],
    results: [result],
    givesView: false
  }
  const divide = {
    ...sum,
    operator: 'aten::div_',
    overload: 'Tensor',
    arguments: [result, { literal: count, isInt: true, isDouble }],
    writes: [0],
    results: [result]
  }
  return [sum, divide]
}

export function splitMeans(step: Step): void {
  step.calls = step.calls.flatMap((call): Call[] => {
    if (call.operator !== 'aten::mse_loss' || call.overload !== '') return [call]
    const [input, target] = call.arguments
    const [result = -1] = call.results
    if (typeof input !== 'number' || typeof target !== 'number' || result < 0) return [call]
    const like = step.registers[input] as Register
    const isPlain = areAlike(step, input, target) && isDense(like) && !like.shape.includes(0)
    if (numberOf(call, 2) !== mean || !isPlain) return [call]
    const errors = addRegister(step, input)
    const apart = {
      ...call,
      scratchBytes: 0,
      arguments: [input, target, { literal: none, isInt: true }]
    }
    return [{ ...apart, results: [errors] }, ...meanOf(step, call, errors, result)]
  })
}
