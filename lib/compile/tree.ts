/**
 * Tensors in arrays and plain objects, as a list of tensors and the shape around them.
 */
import { isPlain } from '../plain'
import { isTensor, type Tensor } from '../tensor'

export interface Flat {
  tensors: Tensor[]
  /** Everything but the tensors, as text: equal for equal values. */
  key: string
}

/** The tensors in `value`, in order. */
export function flatten(value: unknown): Flat {
  const tensors: Tensor[] = []
  return { key: walk(value, tensors, 0), tensors }
}

const maxDepth = 32

function walk(value: unknown, tensors: Tensor[], depth: number): string {
  if (isTensor(value)) {
    tensors.push(value)
    return 'T'
  }
  if (typeof value !== 'object' || value === null) {
    return `${typeof value}:${typeof value === 'function' ? identity(value) : String(value)}`
  }
  if (depth > maxDepth) throw new TypeError('compile: arguments are nested too deeply')
  if (Array.isArray(value)) {
    return `[${value.map((item) => walk(item, tensors, depth + 1)).join()}]`
  }
  if (!isPlain(value)) return `object:${identity(value)}`
  const entries = Object.entries(value).map(([name, item]) => {
    return `${JSON.stringify(name)}=${walk(item, tensors, depth + 1)}`
  })
  return `{${entries.join()}}`
}

const identities = new WeakMap<object, number>()
let count = 0

function identity(value: object): number {
  let known = identities.get(value)
  if (known === undefined) {
    known = ++count
    identities.set(value, known)
  }
  return known
}

const hole = Symbol('tensor')

/** The same with every item that `replace` gives something for exchanged. */
function mapped(value: unknown, replace: (item: unknown) => unknown): unknown {
  const replaced = replace(value)
  if (replaced !== undefined) return replaced
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => mapped(item, replace))
  if (!isPlain(value)) return value
  const entries = Object.entries(value).map(([name, item]) => [name, mapped(item, replace)])
  return Object.fromEntries(entries)
}

/** A function that puts tensors into the places that `value` has tensors in, in the same order. */
export function restorer(value: unknown): (tensors: readonly Tensor[]) => unknown {
  const template = mapped(value, (item) => (isTensor(item) ? hole : undefined))
  return (tensors) => {
    let next = 0
    return mapped(template, (item) => (item === hole ? tensors[next++] : undefined))
  }
}
