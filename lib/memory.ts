/**
 * What tensors cost and how to free them early. Nothing here is needed for memory to stay flat:
 * the addon frees the tensors whose JavaScript objects are gone (docs/memory.md).
 */
import { types } from 'node:util'

import { callable } from './check'
import { refusePromise } from './modes'
import { native } from './native'
import { Module } from './nn/module'
import { type Tensor, isTensor } from './tensor'
import { print, top, trace } from './trace'

export type { Place } from './trace'

interface Tracing {
  trace: typeof trace
  top: typeof top
  print: typeof print
}

export interface MemoryReport {
  /** Tensors with a living JavaScript object. */
  liveTensors: number
  /** Tensors whose object was collected, to be freed by the next sweep. */
  waitingTensors: number
  /** The most tensors, living or waiting, that a sweep has seen. */
  peakTensors: number
  /** The most bytes held at once, as the sweeps estimate them: a view counts as a copy would. */
  peakBytes: number
  /** How often the table was swept. */
  sweeps: number
  /** Bytes of storage that tensors seen from JavaScript hold, by kind of device. */
  bytes: { cpu: number; cuda: number }
}

function report(): MemoryReport {
  const totals = native.memory()
  return {
    liveTensors: totals.live,
    waitingTensors: totals.waiting,
    peakTensors: totals.peakLive,
    peakBytes: totals.peakBytes,
    sweeps: totals.sweeps,
    bytes: { cpu: totals.cpuBytes, cuda: totals.cudaBytes }
  }
}

/**
 * Counts and bytes of this environment (the main thread or one worker). `memory.trace(true)` has
 * the place recorded where each tensor is made; `memory.top()` and `memory.print()` tell the places
 * whose living tensors hold most.
 */
export const memory: (() => MemoryReport) & Tracing = Object.assign(report, { trace, top, print })

/** Frees the tensors whose JavaScript objects are already collected; returns how many. */
export function sweep(): number {
  return native.sweep()
}

/** The tensors in `value`: itself, in arrays, plain objects, maps, sets and modules. */
function tensorsIn(value: unknown, found: Tensor[] = [], seen = new Set<unknown>()): Tensor[] {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (!isObject || seen.has(value)) return found
  seen.add(value)
  if (isTensor(value)) {
    found.push(value)
  } else if (value instanceof Module) {
    found.push(...value.parameters(), ...value.buffers())
  } else if (types.isMap(value) || types.isSet(value)) {
    for (const item of value.values()) tensorsIn(item, found, seen)
  } else {
    for (const item of Object.values(value as object)) tensorsIn(item, found, seen)
  }
  return found
}

/**
 * Runs `fn`, then frees at once every tensor that JavaScript got to see during it, except those in
 * its result (itself, in arrays, objects, maps, sets, modules). Scopes nest.
 * @throws TypeError where `fn` is asynchronous; what it made is freed all the same.
 */
export function scope<T>(fn: () => T): T {
  callable('fn', fn)
  const start = native.openScope()
  let kept: Tensor[] = []
  try {
    const result = refusePromise('scope', fn())
    kept = tensorsIn(result)
    return result
  } finally {
    native.closeScope(start, kept)
  }
}
