/**
 * compile(): a step recorded once and replayed without autograd, JavaScript or choosing overloads.
 */
import { boolean, callable, integer, options as checkOptions } from '../check'
import { access } from '../operators/access'
import { isTensor, type Tensor } from '../tensor'
import type { CompileError } from './error'
import { explain } from './explain'
import { installRules } from './operators'
import { passNames, passSwitches, type PassSwitches } from './passes'
import { record } from './recording'
import { isRecording } from './tape'
import { flatten, restorer } from './tree'
import type { CompiledStep, CompileOptions, RunOptions, RunResult } from './types'
import { failed, Variant } from './variant'

const optionNames = ['verify', 'maxRecordings', 'fallback', 'passes'] as const

export class Compiled<Args extends readonly unknown[], Result> {
  readonly variants: Variant[] = []
  /** Why the step runs eagerly, where it does. */
  refusal: CompileError | null = null
  /** How often it was recorded. */
  recordings = 0
  #last: Variant | null = null
  #warned = false
  readonly #throws: boolean
  readonly #max: number
  readonly #passes: PassSwitches

  constructor(
    readonly fn: (...args: Args) => Result,
    options: CompileOptions
  ) {
    this.#throws = !boolean('fallback', options.fallback ?? false)
    this.#max = integer('maxRecordings', options.maxRecordings ?? 8, 1)
    this.#passes = passSwitches(options.passes)
  }

  call(args: Args): Result {
    if (isRecording() || this.refusal !== null) return this.fn(...args)
    const last = this.#last
    if (last !== null) {
      const done = this.#replayPlain(last, args)
      if (done !== failed) return done as Result
    }
    return this.#callOther(args)
  }

  /** The usual case: the arguments are tensors, the variant is the last one. */
  #replayPlain(variant: Variant, args: Args): unknown {
    const { length } = args
    if (length !== variant.plainArguments) return failed
    for (let i = 0; i < length; i++) {
      const slot = access.slotOf(args[i])
      if (slot < 0) return failed
      slots[i] = slot
    }
    return variant.replay(slots, length)
  }

  #callOther(args: Args): Result {
    const { tensors, key } = flatten(args)
    for (const [i, tensor] of tensors.entries()) slots[i] = access.slotOf(tensor)
    for (const variant of this.variants) {
      if (variant.key !== key) continue
      const done = variant.replay(slots, tensors.length)
      if (done === failed) continue
      this.#last = variant
      return done as Result
    }
    return this.#record(args, tensors, key)
  }

  #record(args: Args, tensors: readonly Tensor[], key: string): Result {
    if (this.variants.length >= this.#max) {
      this.#warn()
      return this.fn(...args)
    }
    installRules()
    const recorded = record(
      tensors,
      () => this.fn(...args),
      (result) => flatten(result).tensors,
      this.#throws
    )
    this.recordings++
    this.refusal = recorded.refusal
    const { result, step, tape, used } = recorded
    if (step === null) return result
    const variant = new Variant(
      key,
      step,
      tape,
      used,
      this.#passes,
      isTensor(result) ? null : restorer(result)
    )
    variant.plainArguments = args.every(isTensor) ? args.length : -1
    // A first step may make what later ones find there: it is recorded again then.
    if (!variant.isSettled()) return result
    this.variants.push(variant)
    this.#last = variant
    return result
  }

  #warn(): void {
    if (this.#warned) return
    this.#warned = true
    process.emitWarning(
      `compile: the step was recorded ${this.#max} times and needs another recording; from now on ` +
        'calls that fit none of them run eagerly. Arguments, modes or options change from call to ' +
        'call: pass what changes as tensors, or raise maxRecordings',
      'TorchCompileWarning'
    )
  }

  explain(): string {
    return explain(this.#last, this.refusal)
  }
}

const slots: number[] = []

/**
 * Records `fn`, one step of training or inference, at its first call, and replays it from then on.
 * ...
 */
export function compile<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  options?: CompileOptions
): CompiledStep<Args, Result> {
  callable('fn', fn)
  const compiled = new Compiled(fn, checkOptions<CompileOptions>('compile', options, optionNames))
  const step = (...args: Args) => compiled.call(args)
  const more = {
    run: (data: readonly Tensor[], runOptions?: RunOptions): Promise<RunResult> => {
      throw new Error(`run ${data.length} ${runOptions}`)
    },
    explain: () => compiled.explain(),
    passes: passNames
  }
  return Object.defineProperties(Object.assign(step, more), {
    recordings: { get: () => compiled.recordings },
    refusal: { get: () => compiled.refusal }
  }) as unknown as CompiledStep<Args, Result>
}
