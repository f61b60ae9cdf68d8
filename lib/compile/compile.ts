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
import { run } from './run'
import { isRecording } from './tape'
import { flatten, restorer } from './tree'
import type { CompiledStep, CompileOptions, RunData, RunOptions, RunResult } from './types'
import { failed, Variant } from './variant'
import { verify } from './verify'

const optionNames = ['verify', 'maxRecordings', 'fallback', 'passes'] as const

export class Compiled<Args extends readonly unknown[], Result> {
  readonly variants: Variant[] = []
  /** Why the step runs eagerly, where it does. */
  refusal: CompileError | null = null
  /** How often it was recorded. */
  recordings = 0
  /** Milliseconds that a replay took last; Infinity before the first one. */
  stepTime = Number.POSITIVE_INFINITY
  /** Whether step.run() is under way. */
  isRunning = false
  #last: Variant | null = null
  #warned = false
  readonly #verify: number
  #calls = 0
  readonly #throws: boolean
  readonly #max: number
  readonly #passes: PassSwitches

  constructor(
    readonly fn: (...args: Args) => Result,
    options: CompileOptions
  ) {
    this.#verify = integer('verify', options.verify ?? 0)
    this.#throws = !boolean('fallback', options.fallback ?? false)
    this.#max = integer('maxRecordings', options.maxRecordings ?? 8, 1)
    this.#passes = passSwitches(options.passes)
  }

  call(args: Args): Result {
    if (isRecording() || this.refusal !== null) return this.fn(...args)
    const last = this.#last
    if (this.#verify > 0 && ++this.#calls % this.#verify === 0) return this.#verified(args)
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
    for (const variant of [...this.variants]) {
      if (variant.key !== key) continue
      const done = variant.replay(slots, tensors.length)
      if (done === failed) continue
      this.#prefer(variant)
      return done as Result
    }
    return this.#record(args, tensors, key)
  }

  /** The step by replay, compared with an eager one; recorded where nothing fits. */
  #verified(args: Args): Result {
    const { tensors, key } = flatten(args)
    const fits = (other: Variant) =>
      other.key === key && other.fits(tensors) && other.takesSameBranches()
    const variant = this.variants.find(fits)
    if (!variant) return this.#callOther(args)
    const tensorsOf = (result: Result) => flatten(result).tensors
    return verify(
      variant,
      tensors,
      () => record(tensors, () => this.fn(...args), tensorsOf, true, true),
      tensorsOf,
      () => variant.replay(tensors.map(access.slotOf), tensors.length) as Result
    )
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
    this.#prefer(variant)
    return result
  }

  /** Has it tried first from now on. */
  #prefer(variant: Variant): void {
    this.#last = variant
    this.variants.splice(this.variants.indexOf(variant), 1)
    this.variants.unshift(variant)
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

  /** A recording that calls with such tensors can be replayed by; null where there is none. */
  fitting(args: readonly Tensor[]): Variant | null {
    const count = args.length
    const fits = (variant: Variant) => variant.plainArguments === count && variant.fits(args)
    return this.variants.find(fits) ?? null
  }

  /** How many calls may be made by replay before the next one that is compared. */
  get untilVerified(): number {
    if (this.#verify === 0) return Number.POSITIVE_INFINITY
    return this.#verify - 1 - (this.#calls % this.#verify)
  }

  /** Counts steps that were made elsewhere. */
  countSteps(steps: number): void {
    this.#calls += steps
  }

  explain(): string {
    return explain(this.#last, this.refusal)
  }
}

const slots: number[] = []

/**
 * Records `fn`, one step of training or inference, at its first call, and replays it from then on: the
 * operators that the dispatcher ran, below autograd, without JavaScript, with the bits of an eager step
 * in results, parameters, gradients, buffers and optimizer state. Learning rates, schedules, step
 * counters and random numbers stay live.
 *
 * A call records again where an argument has another shape, dtype or strides, or where modes, modules
 * or optimizers have changed; plain values among the arguments are compared too. Results have no graph.
 *
 * ```ts
 * const step = compile((x: Tensor, y: Tensor) => {
 *   optimizer.zeroGrad()
 *   const loss = criterion(model(x), y)
 *   loss.backward()
 *   optimizer.step()
 *   return loss
 * })
 * ```
 * @param fn synchronous; returns tensors, alone or in arrays and plain objects, or nothing
 * @throws CompileError from the call that records, where the step reads a tensor's numbers, makes
 * tensors of numbers, has shapes that depend on data or runs hooks of its user's: it names the operator,
 * the place and the remedy
 * Source: the method is CUDA graphs' capture, https://pytorch.org/docs/stable/notes/cuda.html#cuda-graphs,
 * for any device
 */
export function compile<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  options?: CompileOptions
): CompiledStep<Args, Result> {
  callable('fn', fn)
  const compiled = new Compiled(fn, checkOptions<CompileOptions>('compile', options, optionNames))
  const step = (...args: Args) => compiled.call(args)
  const more = {
    run: (data: RunData, runOptions?: RunOptions): Promise<RunResult> =>
      run(compiled as unknown as Compiled<readonly unknown[], unknown>, data, runOptions),
    explain: () => compiled.explain(),
    passes: passNames
  }
  return Object.defineProperties(Object.assign(step, more), {
    recordings: { get: () => compiled.recordings },
    refusal: { get: () => compiled.refusal }
  }) as unknown as CompiledStep<Args, Result>
}
