/**
 * Parameters by key.
 */
import { types } from 'node:util'

import { type Tensor, isTensor } from '../../tensor'
import { Module } from '../module'
import { checkName, holdDictionary } from '../module/members'
import { asParameter } from '../parameter'
import { type Named, namedArgument, valueAt } from './arguments'
import { described } from './described'

/**
 * Parameters by key. They are part of the module that has the dictionary, by their keys. A tensor
 * becomes a parameter; other values are kept as they are. The keys of a Map, or of pairs, are in the
 * order in which they came, those of an object sorted, as Python does with a `dict`.
 * @throws TypeError for keys that are empty or have a '.'
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ParameterDict.html
 */
export class ParameterDict<T = Tensor> extends Module {
  readonly #values = new Map<string, T>()

  constructor(values: Named<T> | ParameterDict<T> = {}) {
    super()
    holdDictionary(this, this.#values)
    this.update(values)
  }

  /** Number of values. */
  get size(): number {
    return this.#values.size
  }

  /** The value of `key`; RangeError where there is none. */
  get(key: string): T {
    return valueAt(this.constructor.name, this.#values, key)
  }

  /** Adds a value, or puts it in the place of the one of that key. */
  set(key: string, value: T): this {
    checkName(this.constructor.name, key)
    this.#values.set(key, isTensor(value) ? (asParameter(value) as T) : value)
    return this
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  /** Takes a value away; whether there was one. */
  delete(key: string): boolean {
    return this.#values.delete(key)
  }

  /** Takes away and returns the value of `key`; RangeError where there is none. */
  pop(key: string): T {
    const value = this.get(key)
    this.#values.delete(key)
    return value
  }

  clear(): void {
    this.#values.clear()
  }

  /** Sets many: of an object, a Map, pairs, or another ParameterDict. */
  update(values: Named<T> | ParameterDict<T>): this {
    const pairs =
      values instanceof ParameterDict ? [...values.entries()] : namedArgument('values', values)
    const isObject = !types.isMap(values) && !(Symbol.iterator in values)
    if (isObject) pairs.sort(([a], [b]) => (a < b ? -1 : 1))
    for (const [key, value] of pairs) this.set(key, value)
    return this
  }

  keys(): IterableIterator<string> {
    return this.#values.keys()
  }

  values(): IterableIterator<T> {
    return this.#values.values()
  }

  entries(): IterableIterator<[string, T]> {
    return this.#values.entries()
  }

  [Symbol.iterator](): IterableIterator<[string, T]> {
    return this.entries()
  }

  override extraRepr(): string {
    return described(this.entries(), 'dict')
  }
}
