// biome-ignore-all lint/complexity/noArguments: passed on as they came, without an array of them
/**
 * Calls of operators with a few tensors and numbers, the bulk of a training step: objects and slots
 * are handled here, where V8 compiles them, and the addon sees numbers only
 * (native/operator_call.cc, callShort). Everything else takes the ordinary way.
 */
import type { ShortOperator } from '../native'
import type { Tensor } from '../tensor'
import { access } from './access'

// By name at each call: an operator may be looked up before lib/tensor.ts has filled it in.
const slots = access

type Ordinary = (...args: unknown[]) => unknown

/** The method that calls `short` where it can, else `ordinary`. */
export function shortMethod(short: ShortOperator, ordinary: Ordinary): Ordinary {
  const given = (result: Tensor, made: number | Tensor) =>
    typeof made === 'number' ? slots.settle(result, made) : made
  return function (this: unknown, a?: unknown, b?: unknown): unknown {
    const self = slots.slotOf(this)
    if (self >= 0) {
      if (arguments.length === 1) {
        const other = slots.slotOf(a)
        if (other >= 0) {
          const result = slots.fresh()
          return given(result, short(result, 3, self, other))
        }
        if (typeof a === 'number') {
          const result = slots.fresh()
          return given(result, short(result, 1, self, a))
        }
      } else if (arguments.length === 0) {
        const result = slots.fresh()
        return given(result, short(result, 1, self))
      } else if (arguments.length === 2 && typeof a === 'number' && typeof b === 'number') {
        const result = slots.fresh()
        return given(result, short(result, 1, self, a, b))
      }
    }
    return ordinary.apply(this, arguments as never)
  }
}

/** The function of the same operator, whose first argument stands for `this`. */
export function shortFunction(short: ShortOperator, ordinary: Ordinary): Ordinary {
  const method = shortMethod(short, function (this: unknown, ...rest: unknown[]) {
    return ordinary(this, ...rest)
  })
  return function (input?: unknown, a?: unknown, b?: unknown): unknown {
    if (slots.slotOf(input) >= 0) {
      if (arguments.length === 1) return method.call(input)
      if (arguments.length === 2) return method.call(input, a)
      if (arguments.length === 3) return method.call(input, a, b)
    }
    return ordinary.apply(undefined, arguments as never)
  }
}
