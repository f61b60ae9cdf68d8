/**
 * A recorded step as the passes work on it: calls over registers. A register is a place in memory with
 * a shape; registers of one storage share memory.
 */
import type { DType } from '../dtype'
import type { Tensor } from '../tensor'
import { random, untaggedViews, viewsInPlace } from './operators'

export interface Register {
  storage: number
  shape: number[]
  strides: number[]
  offset: number
  dtype: DType
  device: string
}

export interface Storage {
  /** Made by a call, or there before: captured, an argument, or the gradient of a captured tensor. */
  kind: 'made' | 'captured' | 'argument' | 'gradient'
  bytes: number
  owner: number
}

/** A constant that the recording holds: argument `argument` of its call `call`. */
export interface Held {
  call: number
  argument: number
  text: string
  number?: number
  isInt?: boolean
  numbers?: number[]
}

/** A number that a pass put in; where a tensor is wanted, one that stands for a number. */
export interface Literal {
  literal: number
  isInt: boolean
  /** Of the tensor: float64, not float32. */
  isDouble?: boolean
}

export interface Ints {
  ints: number[]
}

export interface Slot {
  slot: number
}

export interface RegisterList {
  list: number[]
  optional: boolean
}

/** A register's number, a list of them (-1: none), or what is no tensor. */
export type Argument = number | RegisterList | Held | Literal | Ints | Slot | null

export interface Call {
  operator: string
  overload: string
  arguments: Argument[]
  /** Which arguments are written to. */
  writes: number[]
  /** Registers, -1 where a result is undefined or not needed. */
  results: number[]
  isRandom: boolean
  givesView: boolean
  gradMode: boolean
  /** Its number in the recording. */
  origin: number
  /** What it took for itself when it was recorded, of what passes/offers.ts calls large. */
  scratchBytes: number
  /** Part of the block in which nothing else lies meanwhile; offset -1: not placed yet. */
  scratch?: Span
}

/** Bytes of the block. */
export interface Span {
  offset: number
  bytes: number
}

export interface Captured {
  tensor: Tensor
  register: number
  gradientBefore: number
  gradientAfter: number
}

export interface StepArgument {
  register: number
  requiresGrad: boolean
  gradientAfter: number
}

/** What native.finishRecording gives. */
export interface RecordedStep {
  handle: object
  registers: Register[]
  storages: Storage[]
  calls: (Omit<Call, 'arguments' | 'origin'> & {
    arguments: (
      | number
      | RegisterList
      | { text: string; number?: number; isInt?: boolean; numbers?: number[] }
    )[]
  })[]
  captured: Captured[]
  arguments: StepArgument[]
  results: number[]
  bound: { call: number; argument: number; slot: number }[]
  boundTensors: Tensor[]
}

/** Where a storage's memory comes from at replay. */
export type Place =
  | { kind: 'fixed' }
  /** Made once, by a call of `once`. */
  | { kind: 'kept' }
  /** Memory of its own. */
  | { kind: 'own' }
  /** -1: not given a place yet. */
  | { kind: 'block'; offset: number }
  /** Made by each step, in that place of the block if the call takes it. */
  | { kind: 'offered'; offset: number }
  | null

export interface Step {
  registers: Register[]
  storages: Storage[]
  captured: Captured[]
  arguments: StepArgument[]
  results: number[]
  /** Run once, when the program is made. */
  once: Call[]
  /** Run in each step. */
  calls: Call[]
  /**
   * Whether a storage stays where it is from step to step: then all its registers are made once. null:
   * the calls make it anew.
   */
  places: Place[]
  /** Storages that a `fill_` makes, which need memory to be there. */
  filled: Set<number>
  /** Storages that are written over others, which end there. */
  over: Map<number, number>
  /** Bytes of the block that places lie in. */
  block: number
}

function isAllViews({ registers }: RecordedStep, call: RecordedStep['calls'][number]): boolean {
  const [self] = call.arguments
  const storage = typeof self === 'number' ? registers[self]?.storage : undefined
  return call.results.every((register) => registers[register]?.storage === storage)
}

/** The step as it was recorded, with nothing changed. */
export function stepOf(recorded: RecordedStep): Step {
  const calls = recorded.calls.map((call, origin): Call => {
    const given = call.arguments.map((argument, i): Argument => {
      if (typeof argument === 'number' || 'list' in argument) return argument
      return { call: origin, argument: i, ...argument }
    })
    const isRandom = call.isRandom || random.has(call.operator)
    const givesView =
      call.givesView || (untaggedViews.has(call.operator) && isAllViews(recorded, call))
    const view = viewsInPlace.get(call.operator)
    if (!view) return { ...call, arguments: given, origin, isRandom, givesView }
    return { ...call, ...view, arguments: given, origin, writes: [], givesView: true }
  })
  for (const { call, argument, slot } of recorded.bound) {
    ;(calls[call] as Call).arguments[argument] = { slot }
  }
  const exposed = exposedStorages(recorded)
  return {
    registers: [...recorded.registers],
    storages: [...recorded.storages],
    captured: recorded.captured,
    arguments: recorded.arguments,
    results: recorded.results,
    once: [],
    calls,
    places: recorded.storages.map(({ kind }, storage) => {
      if (kind === 'captured') return { kind: 'fixed' }
      return kind === 'argument' && !exposed.has(storage) ? { kind: 'fixed' } : null
    }),
    filled: new Set(),
    over: new Map(),
    block: 0
  }
}

/** Storages that the caller sees: of results, of arguments with a gradient or that share memory. */
export function exposedStorages(
  step: Pick<RecordedStep, 'registers' | 'results' | 'arguments' | 'storages'>
): Set<number> {
  const storageOf = (register: number) => (step.registers[register] as Register).storage
  const exposed = new Set(step.results.map(storageOf))
  const owners = new Map<number, number>()
  for (const { register, requiresGrad, gradientAfter } of step.arguments) {
    const storage = storageOf(register)
    if (requiresGrad || owners.has(storage)) exposed.add(storage)
    owners.set(storage, register)
    if (gradientAfter >= 0) exposed.add(storageOf(gradientAfter))
  }
  return exposed
}

/** Storages that gradients are in behind the step, with how many. */
export function gradientStorages(step: Step): Map<number, number> {
  const counts = new Map<number, number>()
  for (const { gradientAfter } of step.captured) {
    const storage = step.registers[gradientAfter]?.storage
    if (storage !== undefined) counts.set(storage, (counts.get(storage) ?? 0) + 1)
  }
  return counts
}

/** Whether a register is all of its storage. */
export function isWhole(step: Step, register: number): boolean {
  const { storage, offset, shape } = step.registers[register] as Register
  return offset === 0 && (step.storages[storage]?.bytes ?? 0) > 0 && !shape.includes(0)
}

/** A dense register like `model`, of floats, with a storage of its own, which nothing has written to yet. */
export function addRegister(step: Step, model: number): number {
  const like = step.registers[model] as Register
  const storage = step.storages.length
  const items = like.shape.reduce((all, size) => all * size, 1)
  const bytes = items * (like.dtype === 'float64' ? 8 : 4)
  step.storages.push({ kind: 'made', bytes, owner: -1 })
  step.places.push(null)
  step.registers.push({ ...like, storage, offset: 0 })
  return step.registers.length - 1
}

/** The registers that an argument names. */
export function registersIn(argument: Argument): number[] {
  if (typeof argument === 'number') return argument < 0 ? [] : [argument]
  if (argument === null || !('list' in argument)) return []
  return argument.list.filter((register) => register >= 0)
}

/** The storages that a call reads, and those it writes to; what it makes is in both. */
export function storagesOf(step: Step, call: Call): { read: Set<number>; written: Set<number> } {
  const read = new Set<number>()
  const written = new Set<number>()
  const storageOf = (register: number) => (step.registers[register] as Register).storage
  for (const [i, argument] of call.arguments.entries()) {
    for (const register of registersIn(argument)) {
      read.add(storageOf(register))
      if (call.writes.includes(i)) written.add(storageOf(register))
    }
  }
  for (const register of call.results) {
    if (register < 0) continue
    const storage = storageOf(register)
    if (!read.has(storage)) written.add(storage)
  }
  return { read, written }
}

/** Storages that a call makes: those of its results that it did not read. */
export function madeBy(step: Step, call: Call): number[] {
  const { read } = storagesOf(step, call)
  const made = call.results
    .filter((register) => register >= 0)
    .map((register) => (step.registers[register] as Register).storage)
  return made.filter((storage) => !read.has(storage))
}
