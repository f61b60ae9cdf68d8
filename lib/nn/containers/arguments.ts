/**
 * What containers are given: modules, lists, names, positions.
 */
import { types } from 'node:util'

import { integer, rangeError, typeError } from '../../check'
import { isTensor } from '../../tensor'
import { Module } from '../module'

/** A module; a TypeError that names the argument for anything else. */
export function moduleArgument<M extends Module>(name: string, value: M): M {
  if (!(value instanceof Module)) throw typeError(name, 'an nn.Module', value)
  return value
}

/** What an array, a Set or another container yields. */
export function listArgument<T>(name: string, value: Iterable<T>): T[] {
  const isIterable =
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof value[Symbol.iterator] === 'function'
  // A tensor would yield its rows, a Map its pairs.
  if (!isIterable || isTensor(value) || types.isMap(value)) {
    throw typeError(name, 'an array, or anything else to iterate over', value)
  }
  return [...value]
}

/** Values by name: in an object, a Map, or an array of pairs. */
export type Named<T> = Readonly<Record<string, T>> | Iterable<readonly [string, T]>

/** The pairs in `value`. */
export function namedArgument<T>(name: string, value: Named<T>): [string, T][] {
  const expected = 'an object, a Map or an array of [name, value]'
  if (typeof value !== 'object' || value === null || isTensor(value)) {
    throw typeError(name, expected, value)
  }
  if (!(Symbol.iterator in value)) return Object.entries(value)
  return [...(value as Iterable<readonly [string, T]>)].map((pair, i) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw typeError(`${name}[${i}]`, expected, pair)
    return [pair[0], pair[1]]
  })
}

/** A position from the front, or the end if negative, within `length` places. */
export function position(name: string, value: number, length: number): number {
  integer(name, value, Number.MIN_SAFE_INTEGER)
  if (value < -length || value >= length) {
    const expected =
      length === 0 ? 'no index, as it is empty' : `an integer in [-${length}, ${length})`
    throw rangeError(name, expected, value)
  }
  return value < 0 ? value + length : value
}

/** The value of `key`; a RangeError that lists the keys where there is none. */
export function valueAt<T>(owner: string, map: ReadonlyMap<string, T>, key: string): T {
  if (!map.has(key)) {
    const keys = [...map.keys()].map((known) => `'${known}'`).join(', ')
    throw rangeError(`${owner}: key`, keys ? `one of ${keys}` : 'no key, as it is empty', key)
  }
  return map.get(key) as T
}
