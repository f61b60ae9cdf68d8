/**
 * A list of parameters.
 */
import { type Tensor, isTensor } from '../../tensor'
import { Module } from '../module'
import { asParameter } from '../parameter'
import { listArgument, position } from './arguments'
import { described } from './described'

/**
 * Parameters by number: `list[0]`, `list.at(-1)`, `for (const parameter of list)`. They are part of the
 * module that has the list, by the names `'0'`, `'1'`, and so on. A tensor becomes a parameter; other
 * values are kept as they are.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ParameterList.html
 */
export class ParameterList<T = Tensor> extends Module {
  [index: number]: T

  constructor(values: Iterable<T> = []) {
    super()
    this.extend(values)
  }

  /** Number of values. */
  override get length(): number {
    let count = 0
    while (Object.hasOwn(this, count)) count++
    return count
  }

  /** The value at `index`, from the end if negative; RangeError where there is none. */
  at(index: number): T {
    return this[position('index', index, this.length)] as T
  }

  /** Puts a value in the place of that at `index`, from the end if negative. */
  set(index: number, value: T): this {
    this.#put(position('index', index, this.length), value)
    return this
  }

  #put(index: number, value: T): void {
    this[index] = (isTensor(value) ? asParameter(value) : value) as T
  }

  /** Adds a value at the end. */
  append(value: T): this {
    this.#put(this.length, value)
    return this
  }

  /** Adds values at the end. */
  extend(values: Iterable<T>): this {
    for (const value of listArgument('values', values)) this.append(value)
    return this
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; Object.hasOwn(this, i); i++) yield this[i] as T
  }

  override extraRepr(): string {
    return described(
      [...this].map((value, i) => [String(i), value]),
      'list'
    )
  }
}
