/**
 * The options of a run, kept in its checkpoints: going on with others would be another run.
 */
import { createHash } from 'node:crypto'

import { typeError } from '../check'
import { isPlain } from '../plain'

export interface RunOptions {
  /** SHA-256 of `json`, or what the user gave. */
  hash: string
  /** With sorted keys; null where the user gave but a hash. */
  json: string | null
}

const deepest = 100
const mostNamed = 8

/**
 * The same for the same options in any order of keys.
 * @throws TypeError that names the place of a value which JSON does not have
 */
export function runOptions(options: unknown, hash: unknown): RunOptions | null {
  if (hash !== undefined && typeof hash !== 'string')
    throw typeError('optionsHash', 'a string', hash)
  if (options === undefined) return hash === undefined ? null : { hash, json: null }
  if (typeof options !== 'object' || options === null || !isPlain(options))
    throw typeError('options', 'a plain object', options)
  const json = JSON.stringify(sorted('options', options, 0))
  return { hash: hash ?? createHash('sha256').update(json).digest('hex'), json }
}

function sorted(path: string, value: unknown, depth: number): unknown {
  if (depth > deepest) throw typeError(path, `values nested at most ${deepest} deep`, value)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  // JSON has neither.
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)))
    return String(value)
  if (typeof value === 'number') return value
  if (Array.isArray(value)) return value.map((item, i) => sorted(`${path}[${i}]`, item, depth + 1))
  if (typeof value !== 'object' || !isPlain(value)) {
    const expected = 'numbers, strings, booleans and null, in arrays and plain objects'
    throw typeError(path, expected, value, 'give its name, or leave it out')
  }
  const pairs = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    pairs.map(([key, item]) => [key, sorted(`${path}.${key}`, item, depth + 1)])
  )
}

/** What is not the same, such as 'lr: 0.1 there, 0.01 here'; null where all is. */
export function differenceOf(there: RunOptions | null, here: RunOptions): string | null {
  if (there === null) return 'it was saved without options'
  if (there.hash === here.hash) return null
  const found: string[] = []
  if (there.json !== null && here.json !== null)
    compare('', JSON.parse(there.json), JSON.parse(here.json), found)
  if (found.length === 0) return `optionsHash: ${text(there.hash)} there, ${text(here.hash)} here`
  const more = found.length - mostNamed
  return found.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

type Item = Record<string, unknown> | null | undefined

function compare(path: string, there: unknown, here: unknown, found: string[]): void {
  const areBoth = [there, here].every((item) => typeof item === 'object' && item !== null)
  if (!areBoth || Array.isArray(there) !== Array.isArray(here)) {
    if (there !== here) found.push(`${path}: ${text(there)} there, ${text(here)} here`)
    return
  }
  for (const key of new Set([...Object.keys(there as object), ...Object.keys(here as object)])) {
    const inside = path === '' ? key : `${path}.${key}`
    compare(inside, own(there as Item, key), own(here as Item, key), found)
  }
}

const own = (item: Item, key: string) => (item && Object.hasOwn(item, key) ? item[key] : undefined)

const text = (item: unknown) => (item === undefined ? 'nothing' : JSON.stringify(item))
