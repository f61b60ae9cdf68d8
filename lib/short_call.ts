/**
 * Calls of operators with a few tensors and numbers, the bulk of a training step: objects and slots
 * are handled here, where V8 compiles them, and the addon sees numbers only
 * (native/operator_call.cc, callShort). Everything else takes the ordinary way.
 */
import type { ShortOperator } from './native'
import { type Tensor, fresh, settle, slotOf } from './tensor'

type Ordinary = (...args: unknown[]) => unknown

function given(result: Tensor, made: number | Tensor): Tensor {
  return typeof made === 'number' ? settle(result, made) : made
}

/** The method that calls `short` where it can, else `ordinary`. */
export function shortMethod(short: ShortOperator, ordinary: Ordinary): Ordinary {
  return function (this: unknown, a?: unknown, b?: unknown): unknown {
    const self = slotOf(this)
    if (self >= 0) {
      if (arguments.length === 1) {
        const other = slotOf(a)
        if (other >= 0) {
          const result = fresh()
          return given(result, short(result, 3, self, other))
        }
        if (typeof a === 'number') {
          const result = fresh()
          return given(result, short(result, 1, self, a))
        }
      } else if (arguments.length === 0) {
        const result = fresh()
        return given(result, short(result, 1, self))
      } else if (arguments.length === 2 && typeof a === 'number' && typeof b === 'number') {
        const result = fresh()
        return given(result, short(result, 1, self, a, b))
      }
    }
    // biome-ignore lint/complexity/noArguments: as they came, without an array of them
    return ordinary.apply(this, arguments as never)
  }
}

/** The function of the same operator: the first argument in place of `this`. */
export function shortFunction(short: ShortOperator, ordinary: Ordinary): Ordinary {
  return function (a?: unknown, b?: unknown): unknown {
    const self = slotOf(a)
    if (self >= 0) {
      if (arguments.length === 2) {
        const other = slotOf(b)
        if (other >= 0) {
          const result = fresh()
          return given(result, short(result, 3, self, other))
        }
        if (typeof b === 'number') {
          const result = fresh()
          return given(result, short(result, 1, self, b))
        }
      } else if (arguments.length === 1) {
        const result = fresh()
        return given(result, short(result, 1, self))
      }
    }
    // biome-ignore lint/complexity/noArguments: as they came, without an array of them
    return ordinary.apply(undefined, arguments as never)
  }
}
