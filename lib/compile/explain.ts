/**
 * The list of a compiled step, as text.
 */
import { zeros } from '../creation'
import type { CompileError } from './error'
import { snapshot } from './snapshot'
import type { Argument, Step } from './step'
import type { Variant } from './variant'

function place(step: Step, register: number): string {
  const { shape, storage } = step.registers[register] as Step['registers'][number]
  const kind = step.storages[storage]?.kind
  const prefix = kind === 'made' ? '%' : `${kind}:`
  return `${prefix}${register}[${shape.join(', ')}]`
}

function text(step: Step, argument: Argument): string {
  if (argument === null) return 'null'
  if (typeof argument === 'number') return place(step, argument)
  if ('list' in argument) {
    return `[${argument.list.map((register) => (register < 0 ? 'null' : place(step, register))).join(', ')}]`
  }
  if ('slot' in argument) return `$${argument.slot}`
  if ('ints' in argument) return `[${argument.ints}]`
  return 'literal' in argument ? String(argument.literal) : argument.text
}

function lines(step: Step, calls: Step['calls'], seconds: readonly number[] | null): string[] {
  return calls.map((call, i) => {
    const name = call.operator.replace('aten::', '') + (call.overload ? `.${call.overload}` : '')
    const results = call.results.filter((register) => register >= 0)
    const given = call.arguments.map((argument) => text(step, argument)).join(', ')
    const left =
      results.length > 0 ? `${results.map((register) => place(step, register)).join(', ')} = ` : ''
    const time = seconds ? `${((seconds[i] as number) * 1e6).toFixed(2).padStart(9)} us  ` : ''
    return `${time}${left}${name}(${given})`
  })
}

const repeats = 30

/** The mean seconds of each call, on arguments of zeros; null where the step cannot run on these. */
function times(variant: Variant): number[] | null {
  const { program, step } = variant.build()
  const args = step.arguments.map(({ register, requiresGrad }) => {
    const { shape, strides, dtype, device } = step.registers[register] as Step['registers'][number]
    const memory = zeros([memorySize(shape, strides)], { dtype, device })
    return memory.asStrided(shape, strides).requiresGrad_(requiresGrad)
  })
  if (program.mismatch(args) !== null) return null
  const putBack = snapshot(variant)
  try {
    if (!variant.tape.play(variant.numbers)) return null
    variant.tape.takeBack()
    return program.time(args, repeats)
  } catch {
    return null
  } finally {
    for (const arg of args) arg.grad = null
    putBack()
  }
}

function memorySize(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((last, size, i) => last + (size - 1) * (strides[i] as number), 1)
}

export function explain(variant: Variant | null, refusal: CompileError | null): string {
  if (refusal) return `runs eagerly: ${refusal.message}`
  if (variant === null) return 'not recorded yet: call the step first'
  const { step, plan } = variant.build()
  const seconds = times(variant)
  return [
    `${variant.recorded.calls.length} operators recorded, ${step.calls.length} replayed, ` +
      `${step.once.length} run once; ${plan.block} bytes planned`,
    ...lines(step, step.once, null).map((line) => `  once  ${line}`),
    ...lines(step, step.calls, seconds).map((line) => `  ${line}`)
  ].join('\n')
}
