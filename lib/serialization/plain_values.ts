/**
 * What a pickle describes, as plain JavaScript.
 */
import type { Tensor } from '../tensor'
import { Tuple, StorageRef, TensorRef } from './pickle_values'
import { setEntry } from '../plain'

/** Python's own limit is about this. */
const deepest = 1000

/** What makes the tensors. */
export interface Materials {
  tensor(ref: TensorRef): Tensor
  storage(ref: StorageRef): Tensor
  refuse(reason: string): Error
}

/**
 * `value` with arrays for tuples, with objects for dicts whose keys are all strings, and with tensors.
 * What is one object in the pickle stays one.
 */
export function plainValue(value: unknown, materials: Materials): unknown {
  const seen = new Map<object, unknown>()

  const convert = (item: unknown, depth: number): unknown => {
    if (typeof item !== 'object' || item === null || item instanceof Uint8Array) return item
    if (depth > deepest) throw materials.refuse(`values are nested deeper than ${deepest}`)
    if (seen.has(item)) return seen.get(item)
    const inside = (part: unknown) => convert(part, depth + 1)
    const keep = <T>(made: T): T => {
      seen.set(item, made)
      return made
    }
    if (item instanceof TensorRef) return keep(materials.tensor(item))
    if (item instanceof StorageRef) return keep(materials.storage(item))
    if (item instanceof Map) return fillDict(item, keep(emptyDict(item)), inside)
    if (item instanceof Set) {
      const made = keep(new Set())
      for (const part of item) made.add(inside(part))
      return made
    }
    if (item instanceof Tuple || Array.isArray(item)) {
      const made: unknown[] = keep([])
      for (const part of item instanceof Tuple ? item.items : item) made.push(inside(part))
      return made
    }
    throw materials.refuse('a class or function as a value')
  }

  return convert(value, 0)
}

function emptyDict(dict: Map<unknown, unknown>): Map<unknown, unknown> | Record<string, unknown> {
  for (const key of dict.keys()) if (typeof key !== 'string') return new Map()
  return {}
}

function fillDict(
  dict: Map<unknown, unknown>,
  made: Map<unknown, unknown> | Record<string, unknown>,
  inside: (part: unknown) => unknown
): unknown {
  const state = optimizerState(dict)
  for (const [key, value] of dict) {
    const isNumbered = state !== null && key === 'state'
    const converted = isNumbered ? numbered(state, inside) : inside(value)
    if (made instanceof Map) made.set(inside(key), converted)
    else setEntry(made, key as string, converted)
  }
  return made
}

/** The `state` of an optimizer's state dict, keyed by numbers of parameters; null of any other dict. */
function optimizerState(dict: Map<unknown, unknown>): Map<number, unknown> | null {
  const state = dict.get('state')
  if (!(state instanceof Map) || !Array.isArray(dict.get('param_groups'))) return null
  for (const key of state.keys()) if (typeof key !== 'number') return null
  return state
}

/** As optimizers of this library have it: an object, whose keys JavaScript writes as text. */
function numbered(state: Map<number, unknown>, inside: (part: unknown) => unknown): object {
  const made = {}
  for (const [key, value] of state) setEntry(made, String(key), inside(value))
  return made
}
