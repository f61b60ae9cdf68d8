/**
 * `x.mul(2)`: libtorch makes a tensor of the number at each call and goes on with `mul.Tensor`. Here
 * the tensor is made once.
 */
import type { Argument, Step } from '../step'

const operators = new Set(
  ['add', 'sub', 'mul', 'div'].flatMap((name) => [`aten::${name}`, `aten::${name}_`])
)

function asLiteral(argument: Argument | undefined): Argument | null {
  if (argument === null || argument === undefined || typeof argument === 'number') return null
  if ('literal' in argument) return argument
  if (!('text' in argument) || argument.number === undefined) return null
  return { literal: argument.number, isInt: argument.isInt ?? false }
}

export function numbersAsTensors(step: Step): void {
  step.calls = step.calls.map((call) => {
    if (!operators.has(call.operator) || call.overload !== 'Scalar') return call
    const [self, other, ...rest] = call.arguments
    const literal = asLiteral(other)
    if (literal === null || self === undefined) return call
    return { ...call, overload: 'Tensor', arguments: [self, literal, ...rest] }
  })
}
