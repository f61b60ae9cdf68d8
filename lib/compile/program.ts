/**
 * What the addon is given to run, and what it gives back (native/compile/).
 */
import type { Tensor } from '../tensor'
import { untaggedWrites } from './operators'
import { type Argument, type Call, type Register, registersIn, type Span, type Step } from './step'

export interface PlannedCall {
  operator: string
  overload: string
  arguments: Argument[]
  results: number[]
  gradMode: boolean
  origin: number
  scratch: Span | null
}

export interface Plan {
  /** Of each storage: its place in the block, or one of `places`. */
  storages: number[]
  /** Of each storage that is made by each step: a place in the block that it is offered, or -1. */
  offers: number[]
  block: number
  /** Registers behind those of the recording, each with a storage of its own. */
  added: (Register & { bytes: number })[]
  once: PlannedCall[]
  each: PlannedCall[]
  /** Registers that are not needed after each call. */
  released: number[][]
  /** Numbers of captured tensors that the step writes to. */
  changed: number[]
  /** How many numbers change from step to step. */
  slots: number
}

export interface Program {
  /** One step; see native/compile/program_functions.cc. */
  replay(fresh: Tensor | null, ...slots: number[]): unknown
  mismatch(args: readonly Tensor[]): string | null
  time(args: readonly Tensor[], repeats: number): number[]
  /** The first call of `recording` behind which this program's registers differ; -1 for none. */
  check(args: readonly Tensor[], recording: object): number
  /** Throws where another run works on what the step reads or changes. */
  requireIdle(): void
  /** Until `release()`, whoever asks for what the step changes is told that it is busy. */
  hold(): void
  release(): void
}

/** A thread that replays; see native/compile/runner.h. */
export interface RunnerHandle {
  start(job: {
    parts: { program: Program; batch: number; steps: number }[]
    data: readonly Tensor[]
    order: Tensor | null
    samples: number
    first: number
    count: number
    numbers: Float64Array
    width: number
    losses: Float64Array
  }): void
  cancel(): void
  done(): number
  close(): void
}

/** native/compile/program.h has the same. */
const places = { dynamic: -1, own: -2, kept: -3 }

function placeOf(step: Step, storage: number): number {
  const place = step.places[storage]
  if (place?.kind === 'block') return place.offset < 0 ? places.own : place.offset
  if (place?.kind === 'fixed') return 0
  if (place?.kind === 'offered') return places.dynamic
  if (place) return places[place.kind]
  return step.filled.has(storage) ? places.own : places.dynamic
}

function planned(step: Step, call: Call, storages: number[]): PlannedCall {
  const written = new Set(call.writes.flatMap((i) => registersIn(call.arguments[i] ?? null)))
  const results = call.results.map((register) => {
    if (register < 0 || written.has(register)) return -1
    const place = storages[(step.registers[register] as Register).storage]
    return place === places.dynamic || place === places.kept ? register : -1
  })
  const { operator, overload, gradMode, origin } = call
  const scratch = call.scratch && call.scratch.offset >= 0 ? call.scratch : null
  return { operator, overload, arguments: call.arguments, results, gradMode, origin, scratch }
}

/** Registers whose last use each call is. */
function lastUses(step: Step, storages: number[]): number[][] {
  const lasting = new Set(step.results)
  for (const { gradientAfter } of [...step.captured, ...step.arguments]) lasting.add(gradientAfter)
  const last = new Map<number, number>()
  for (const [i, call] of step.calls.entries()) {
    for (const register of [...call.arguments.flatMap(registersIn), ...call.results]) {
      if (register < 0 || lasting.has(register)) continue
      const place = storages[(step.registers[register] as Register).storage]
      if (place === places.dynamic) last.set(register, i)
    }
  }
  const released = step.calls.map((): number[] => [])
  for (const [register, i] of last) released[i]?.push(register)
  return released
}

/** Numbers of the captured tensors that the step writes to. */
export function changedBy(step: Step): number[] {
  const written = new Set(
    step.calls.flatMap((call) =>
      [...call.writes, ...(untaggedWrites.get(call.operator) ?? [])].flatMap((i) =>
        registersIn(call.arguments[i] ?? null).map(
          (register) => (step.registers[register] as Register).storage
        )
      )
    )
  )
  const changed = step.captured.flatMap(({ register }, i) =>
    written.has((step.registers[register] as Register).storage) ? [i] : []
  )
  return changed
}

/** @param recorded how many registers the recording has */
export function planOf(step: Step, recorded: number, slots: number): Plan {
  const storages = step.places.map((_, storage) => placeOf(step, storage))
  return {
    storages,
    offers: step.places.map((place) => (place?.kind === 'offered' ? place.offset : -1)),
    block: step.block,
    added: step.registers.slice(recorded).map((register) => ({
      ...register,
      bytes: step.storages[register.storage]?.bytes ?? 0
    })),
    once: step.once.map((call) => planned(step, call, storages)),
    each: step.calls.map((call) => planned(step, call, storages)),
    released: lastUses(step, storages),
    changed: changedBy(step),
    slots
  }
}
