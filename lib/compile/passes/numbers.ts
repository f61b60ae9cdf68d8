/**
 * `x.mul(2)`: libtorch makes a tensor of the number at each call, converts it to the dtype of the
 * result and goes on with `mul.Tensor`. Here that tensor is made once.
 */
import type { Argument, Step } from '../step'

const operators = new Set(
  ['add', 'sub', 'mul', 'div'].flatMap((name) => [`aten::${name}`, `aten::${name}_`])
)

function asLiteral(argument: Argument | undefined, isDouble: boolean): Argument | null {
  if (argument === null || argument === undefined || typeof argument === 'number') return null
  if ('literal' in argument) return { ...argument, isDouble }
  if (!('text' in argument) || argument.number === undefined) return null
  return { literal: argument.number, isInt: argument.isInt ?? false, isDouble }
}

export function numbersAsTensors(step: Step): void {
  step.calls = step.calls.map((call) => {
    if (!operators.has(call.operator) || call.overload !== 'Scalar') return call
    const [self, other, ...rest] = call.arguments
    const result = step.registers[call.results[0] ?? -1]
    const dtype = typeof self === 'number' ? step.registers[self]?.dtype : undefined
    const isFloat = dtype === 'float32' || dtype === 'float64'
    if (self === undefined || !isFloat || result?.dtype !== dtype) return call
    const literal = asLiteral(other, dtype === 'float64')
    if (literal === null) return call
    return { ...call, overload: 'Tensor', arguments: [self, literal, ...rest] }
  })
}
