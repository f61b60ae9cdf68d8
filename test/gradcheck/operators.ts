/**
 * The operators of operators.json, ready for gradcheck. An argument of a row may be
 *   { shape, range }  numbers that autograd follows, from the range or its negative; default 0.2 to 1
 *   { definite }      a positive definite matrix of this size, made of such numbers
 *   { list }          an array of such arguments
 *   { index }, { mask }, { constant }  int64, bool or float64 that is not followed
 * or a plain value. `second: false` leaves out the second derivative.
 */
import { type Tensor, isTensor, ops, tensor } from 'node-libtorch'

import rows from './operators.json'

interface Row {
  op: string
  args: unknown[]
  keywords?: object
  second?: boolean
}

export interface Check {
  name: string
  second: boolean
  inputs: Tensor[]
  run(...inputs: Tensor[]): Tensor[]
}

type Slot = {
  shape?: number[]
  range?: [number, number]
  definite?: number
  list?: Slot[]
  index?: number[]
  mask?: boolean[]
  constant?: number[]
}

/** Draws that are the same each time and no two alike: a linear congruential generator. */
function draws(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31
    return state / 2 ** 31
  }
}

/** The argument of a row as a function of the inputs, which it adds to. */
function slotOf(value: unknown, inputs: Tensor[], next: () => number): (all: Tensor[]) => unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return () => value
  const { shape, range, definite, list, index, mask, constant } = value as Slot
  if (list) {
    const slots = list.map((each) => slotOf(each, inputs, next))
    return (all) => slots.map((slot) => slot(all))
  }
  if (index) {
    const whole = tensor(index).to('int64')
    return () => whole
  }
  const fixed = mask ? tensor(mask as never) : constant && tensor(constant, { dtype: 'float64' })
  if (fixed) return () => fixed
  const sizes = shape ?? [definite as number, definite as number]
  const [low, high] = range ?? [0.2, 1]
  const numbers = Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, () => {
    const size = low + (high - low) * next()
    return range || next() < 0.5 ? size : -size
  })
  const data = new Float64Array(numbers)
  const place = inputs.push(tensor(data, { shape: sizes, requiresGrad: true })) - 1
  if (!definite) return (all) => all[place]
  const diagonal = ops.aten.eye!(definite, { dtype: 'float64' }) as Tensor
  return (all) => all[place]!.matmul(all[place]!.t()).add(diagonal)
}

export const checks: Check[] = (rows as Row[]).map((row, number) => {
  const inputs: Tensor[] = []
  const next = draws(number + 1)
  const slots = row.args.map((value) => slotOf(value, inputs, next))
  const operator = ops.aten[row.op]
  return {
    name: `${row.op}(${row.args.map((value) => JSON.stringify(value)).join(', ')})`,
    second: row.second !== false,
    inputs,
    run(...all) {
      if (!operator) throw new Error(`this libtorch has no operator ${row.op}`)
      const args = slots.map((slot) => slot(all))
      const result = operator(...(row.keywords ? [...args, row.keywords] : args))
      return (Array.isArray(result) ? result : [result]).filter(isTensor)
    }
  }
})
