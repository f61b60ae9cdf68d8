/**
 * Records one eager call of a step: its operators natively, what it does in JavaScript on a tape.
 */
import { youngCollector } from '../collector'
import { native } from '../native'
import type { Tensor } from '../tensor'
import { CompileError, placeIn } from './error'
import { noteForwards } from './forwards'
import { graphBefore, type Limit, limitOf, moveOut } from './limits'
import type { RecordedStep } from './step'
import { setTape, type Tape, Varying } from './tape'

type Entry =
  | { kind: 'number'; compute: () => number }
  | { kind: 'effect'; apply: () => void; undo: () => void }
  | { kind: 'branch'; compute: () => unknown; value: unknown }

/** What the step does in JavaScript, run again before each replay. */
export class RecordedTape {
  readonly entries: Entry[] = []
  /** Numbers of a step. */
  count = 0

  /**
   * Runs the entries, numbers into `numbers`. False, with all taken back, where a branch differs; what
   * an entry throws goes on, all taken back as well.
   */
  play(numbers: Float64Array): boolean {
    const { entries } = this
    let slot = 0
    let i = 0
    try {
      for (; i < entries.length; i++) {
        const entry = entries[i] as Entry
        if (entry.kind === 'number') {
          numbers[slot++] = entry.compute()
        } else if (entry.kind === 'effect') {
          entry.apply()
        } else if (!Object.is(entry.compute(), entry.value)) {
          this.takeBack(i)
          return false
        }
      }
    } catch (error) {
      this.takeBack(i)
      throw error
    }
    return true
  }

  /** Takes back the effects of the last play, of the entries before `end`. */
  takeBack(end = this.entries.length): void {
    for (let i = end - 1; i >= 0; i--) {
      const entry = this.entries[i] as Entry
      if (entry.kind === 'effect') entry.undo()
    }
  }
}

class RecordingTape implements Tape {
  readonly tape = new RecordedTape()
  /** Modules and optimizers, and their `version` before they did anything. */
  readonly used = new Map<object, unknown>()
  ranBackward = false
  refusal: CompileError | null = null

  constructor(private readonly throws: boolean) {}

  varying(compute: () => number): Varying {
    this.tape.entries.push({ kind: 'number', compute })
    return new Varying(compute(), this.tape.count++)
  }

  effect(apply: () => void, undo: () => void): void {
    this.tape.entries.push({ kind: 'effect', apply, undo })
    apply()
  }

  branch(compute: () => unknown): void {
    this.tape.entries.push({ kind: 'branch', compute, value: compute() })
  }

  refuse(what: string, remedy: string): never {
    this.note(what, remedy)
    if (this.throws) throw this.refusal
    return undefined as never
  }

  note(what: string, remedy: string): void {
    this.refusal ??= new CompileError(what, remedy, placeIn(new Error('place').stack))
  }

  noteLimit(limit: Limit | null): void {
    if (limit !== null) this.note(...limit)
  }

  bindArgument(argument: string, value: Varying): void {
    if (!native.bindRecordedArgument(argument, value.slot))
      throw new Error(`compile: the last operator has no argument '${argument}'`)
  }

  bindTensor(tensor: Tensor, value: Varying): void {
    native.bindRecordedTensor(tensor, value.slot)
  }

  uses(object: object): void {
    if (!this.used.has(object)) this.used.set(object, (object as { version?: unknown }).version)
  }

  backward(): void {
    this.ranBackward = true
    freeGarbage()
  }
}

/** What is dead of the step would else lie in memory beside its gradients, and what is planned then. */
export function freeGarbage(): void {
  youngCollector()?.()
  native.sweep()
}

export interface RecordedCall<Result> {
  result: Result
  /** Null where the step cannot be replayed: `refusal` says why. */
  step: RecordedStep | null
  tape: RecordedTape
  used: Map<object, unknown>
  refusal: CompileError | null
}

/**
 * Runs `fn` eagerly and records it.
 * @param resultsOf the tensors in what it returns
 * @param throws whether a refusal is thrown, where it is found if that is in JavaScript; otherwise the
 * call goes on eagerly
 * @param keepsContents whether what each operator wrote is noted down, for verify()
 */
export function record<Result>(
  args: readonly Tensor[],
  fn: () => Result,
  resultsOf: (result: Result) => readonly Tensor[],
  throws: boolean,
  keepsContents = false
): RecordedCall<Result> {
  const recording = new RecordingTape(throws)
  const before = setTape(recording)
  const forgetForwards = noteForwards()
  let isRecording = false
  try {
    recording.noteLimit(graphBefore(args))
    if (recording.refusal && throws) throw recording.refusal
    native.startRecording(args, keepsContents, (name, reason) => {
      const operator = name.replace('aten::', '')
      recording.note(`'${operator}' ${reason}, and was called`, moveOut)
    })
    isRecording = true
    const result = fn()
    const results = resultsOf(result)
    if (!recording.ranBackward && results.some((tensor) => tensor.requiresGrad)) {
      recording.note(
        'the step returns a tensor that requires grad, of which a replay keeps no graph,',
        'call backward() inside of the step, or return tensor.detach()'
      )
    }
    if (recording.refusal && throws) throw recording.refusal
    const { tape, used } = recording
    if (recording.refusal) return { result, step: null, tape, used, refusal: recording.refusal }
    isRecording = false
    const step = native.finishRecording(results)
    recording.noteLimit(limitOf(step, args, used.keys()))
    if (recording.refusal && throws) throw recording.refusal
    return { result, step: recording.refusal ? null : step, tape, used, refusal: recording.refusal }
  } finally {
    if (isRecording) native.abandonRecording()
    forgetForwards()
    setTape(before)
  }
}
