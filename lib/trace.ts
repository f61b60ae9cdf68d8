/**
 * Where the living tensors were made, for users in search of what holds memory.
 */
import { dirname, sep } from 'node:path'

import { boolean, integer } from './check'
import { native } from './native'
import { type Tensor, watchTensors } from './tensor'

/** The tensors that one line of the user's code made and that are alive. */
export interface Place {
  /** `function (file:line:column)` as in a stack trace; says so where a tensor is older than the trace. */
  place: string
  tensors: number
  /** Bytes of their storages, each counted once. */
  bytes: number
}

const library = dirname(__filename) + sep
const depth = 30
const untraced = 'made before memory.trace(true)'

let places: WeakMap<Tensor, string> | null = null

/** The first line of the stack that is neither of this library nor of Node. */
function placeOfCaller(): string {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = depth
  const lines = (new Error().stack ?? '').split('\n').slice(1)
  Error.stackTraceLimit = before
  const isUsers = (line: string) => !line.includes(library) && !line.includes('node:')
  return (lines.find(isUsers) ?? lines.at(-1) ?? 'unknown').trim().replace(/^at /, '')
}

/**
 * Records from now on where each tensor is made (`true`), or stops and forgets (`false`). It costs
 * some ten microseconds a tensor: not for production.
 */
export function trace(on: boolean): void {
  if (!boolean('on', on)) {
    places = null
    watchTensors(null)
  } else if (places === null) {
    const recorded = new WeakMap<Tensor, string>()
    places = recorded
    watchTensors((tensor) => recorded.set(tensor, placeOfCaller()))
  }
}

/** The `count` places (default 10) whose living tensors hold most bytes, the most first. */
export function top(count = 10): Place[] {
  integer('count', count, 1)
  const found = new Map<string, Place>()
  const living = native.living()
  for (let i = 0; i < living.length; i += 2) {
    const place = places?.get(living[i] as Tensor) ?? untraced
    const entry = found.get(place) ?? { place, tensors: 0, bytes: 0 }
    entry.tensors++
    entry.bytes += living[i + 1] as number
    found.set(place, entry)
  }
  const all = [...found.values()]
  return all.sort((a, b) => b.bytes - a.bytes || b.tensors - a.tensors).slice(0, count)
}

/** Writes the `count` top places (default 10) to stderr, a line each. */
export function print(count = 10): void {
  const lines = top(count).map(({ place, tensors, bytes }) => {
    const size = (bytes / 2 ** 20).toFixed(1).padStart(10)
    return `${size} MiB ${String(tensors).padStart(8)} tensors  ${place}\n`
  })
  process.stderr.write(lines.join(''))
}
