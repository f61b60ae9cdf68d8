/**
 * Operators on lists become one call an element, as libtorch's own CPU kernels do inside: each can then
 * write to planned memory and be left out by itself.
 */
import type { Argument, Call, Step } from '../step'

/** The overload that an overload of a list operator means for one element, where it has a name. */
const overloads: Record<string, { of: readonly string[]; is: string }> = {
  Scalar: { of: ['add', 'sub', 'mul', 'div', 'lerp'], is: 'Scalar' },
  ScalarList: { of: ['add', 'sub', 'mul', 'div', 'lerp'], is: 'Scalar' },
  List: {
    of: ['add', 'sub', 'mul', 'div', 'lerp', 'clamp_min', 'clamp_max'],
    is: 'Tensor'
  },
  Tensor: { of: ['add', 'mul', 'div'], is: 'Tensor' },
  '': { of: [], is: '' }
}

const known = new Set(
  `add sub mul div lerp maximum minimum addcmul addcdiv neg abs sqrt reciprocal exp log sign zero
   clamp_min clamp_max`
    .trim()
    .split(/\s+/)
)

/** With a number these are other operators, as libtorch has it too. */
const ofNumbers: Record<string, string> = { maximum: 'clamp_min', minimum: 'clamp_max' }

function part(argument: Argument, i: number): Argument | undefined {
  if (argument === null || typeof argument === 'number') return argument
  if ('list' in argument) return argument.list[i] as number
  if (!('call' in argument)) return argument
  const { numbers } = argument
  if (!numbers) return argument
  const literal = numbers[i]
  return literal === undefined ? undefined : { literal, isInt: false }
}

/** These have no variant that works in place: their out variant writes to what it reads. */
const onlyOut = new Set(['maximum', 'minimum'])

function inPlaceCall(call: Call, name: string, overload: string): Call {
  if (!onlyOut.has(name)) return { ...call, operator: `aten::${name}_`, overload }
  const { arguments: given, results } = call
  const [register] = results
  return {
    ...call,
    operator: `aten::${name}`,
    overload: 'out',
    arguments: [...given, register as number],
    writes: [given.length]
  }
}

function expanded(call: Call): Call[] | null {
  const found = /^aten::_foreach_(\w+?)(_?)$/.exec(call.operator)
  const [, listed = '', inPlace = ''] = found ?? []
  const meaning = overloads[call.overload]
  if (!found || !known.has(listed) || meaning === undefined) return null
  const isOfNumbers = call.overload.startsWith('Scalar')
  const name = (isOfNumbers && ofNumbers[listed]) || listed
  const overload = meaning.of.includes(name) ? meaning.is : ''
  // One tensor of the numbers for all elements.
  if (call.overload === 'Tensor' && overload === '') return null
  const [self] = call.arguments
  if (self === null || typeof self !== 'object' || !('list' in self)) return null
  const calls: Call[] = []
  for (const [i, register] of self.list.entries()) {
    const given = call.arguments.map((argument) => part(argument, i))
    if (given.includes(undefined)) return null
    // `alpha`, which the operators on lists do not have together with numbers.
    const isSum = name === 'add' || name === 'sub'
    if (isSum && given.length === 2) given.push({ literal: 1, isInt: true })
    const one = {
      ...call,
      arguments: given as Argument[],
      results: [call.results[i] as number],
      scratchBytes: 0
    }
    if (!inPlace) calls.push({ ...one, operator: `aten::${name}`, overload })
    else calls.push(inPlaceCall({ ...one, results: [register] }, name, overload))
  }
  return calls
}

export function expandForeach(step: Step): void {
  step.calls = step.calls.flatMap((call) => expanded(call) ?? [call])
}
