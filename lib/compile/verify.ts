/**
 * Compares a replayed step with an eager one, bit by bit.
 */
import type { Tensor } from '../tensor'
import type { RecordedCall } from './recording'
import { contents, sameBits, snapshot } from './snapshot'
import type { RecordedStep } from './step'
import type { Variant } from './variant'

export class VerifyError extends Error {
  readonly code = 'ERR_TORCH_VERIFY'

  constructor(message: string) {
    super(`compile: ${message}`)
    this.name = 'VerifyError'
  }
}

type RecordedArgument = RecordedStep['calls'][number]['arguments'][number]

function textOf(argument: RecordedArgument | undefined): string {
  if (argument === undefined || typeof argument === 'number') return String(argument)
  if ('list' in argument) return String(argument.list)
  return argument.number === undefined ? argument.text : String(argument.number)
}

const frozen =
  'a number or a choice in the step changes from call to call without compile() knowing; pass it as ' +
  'an argument of the step'

/** Whether two arguments are tensors from outside of the step that are not the same one. */
function isAnother(
  before: RecordedStep,
  argument: RecordedArgument,
  now: RecordedStep,
  found: RecordedArgument | undefined
): boolean {
  if (typeof argument !== 'number' || typeof found !== 'number') return false
  const capturedAt = ({ captured }: RecordedStep, register: number) =>
    captured.find((each) => each.register === register)?.tensor
  return capturedAt(before, argument) !== capturedAt(now, found)
}

/** Throws where the operators of two recordings of the step are not the same. */
function compareCalls(before: RecordedStep, now: RecordedStep): void {
  const bound = new Set(before.bound.map(({ call, argument }) => `${call}.${argument}`))
  const count = Math.max(before.calls.length, now.calls.length)
  for (let i = 0; i < count; i++) {
    const [known, found] = [before.calls[i], now.calls[i]]
    if (!known || !found || known.operator !== found.operator) {
      throw new VerifyError(
        `operator ${i} was ${known?.operator ?? 'none'} when the step was recorded and is ` +
          `${found?.operator ?? 'none'} now; ${frozen}`
      )
    }
    for (const [j, argument] of known.arguments.entries()) {
      const [was, is] = [textOf(argument), textOf(found.arguments[j])]
      if (isAnother(before, argument, now, found.arguments[j])) {
        throw new VerifyError(
          `argument ${j} of operator ${i}, ${known.operator}, was another tensor when the step was ` +
            `recorded; ${frozen}`
        )
      }
      if (was !== is && !bound.has(`${i}.${j}`)) {
        throw new VerifyError(
          `argument ${j} of operator ${i}, ${known.operator}, was ${was} when the step was recorded ` +
            `and is ${is} now; ${frozen}`
        )
      }
    }
  }
}

/**
 * Makes one step eagerly, then again by replay, from the same state, and compares. The state is that of
 * one step afterwards.
 * @param eager makes the step eagerly and records it, contents included
 * @param replay makes the step by replay: its tensors
 * @throws VerifyError that names the first operator that differs
 */
export function verify<Result>(
  variant: Variant,
  args: readonly Tensor[],
  eager: () => RecordedCall<Result>,
  tensorsOf: (result: Result) => readonly Tensor[],
  replay: () => Result
): Result {
  const putBack = snapshot(variant)
  const recorded = eager()
  const { result, step, tape } = recorded
  if (step === null) throw recorded.refusal
  compareCalls(variant.recorded, step)
  const wanted = contents(variant)
  const results = tensorsOf(result).map((tensor) => tensor.detach().clone())
  tape.takeBack()
  putBack()
  const replayed = replay()
  const found = contents(variant)
  const differing = [...wanted].find(([name, value]) => !sameBits(value, found.get(name) ?? null))
  const other = tensorsOf(replayed).findIndex((tensor, i) => !sameBits(tensor, results[i] ?? null))
  if (!differing && other < 0) return replayed
  variant.tape.takeBack()
  putBack()
  const place = firstDifference(variant, args, step)
  variant.tape.takeBack()
  putBack()
  const what = differing ? differing[0] : `result ${other}`
  throw new VerifyError(`${what} has other bits than after an eager step; ${place}`)
}

function firstDifference(variant: Variant, args: readonly Tensor[], step: RecordedStep): string {
  const { program } = variant.build()
  variant.tape.play(variant.numbers)
  const call = program.check(args, step.handle)
  if (call < 0) return 'no operator differs by itself'
  return `the first operator that differs is number ${call}, ${step.calls[call]?.operator}`
}
