// biome-ignore-all lint/complexity/noThisInStatic: `this` is the subclass
// biome-ignore-all lint/complexity/noStaticOnlyClass: subclasses are written as in Python
/**
 * Operators with a derivative of their own, written in TypeScript.
 * Source: https://pytorch.org/docs/stable/autograd.html#function
 */
import { describe, typeError } from '../check'
import { refuse } from '../compile/tape'
import { refusePromise } from '../modes'
import { native } from '../native'
import type { Tensor } from '../tensor'
import { FunctionContext } from './context'

// biome-ignore lint/suspicious/noExplicitAny: subclasses choose arguments and results
type Any = any

type ForwardClass = { forward(ctx: FunctionContext, ...args: Any[]): Any }
type ArgumentsOf<Class extends ForwardClass> =
  Parameters<Class['forward']> extends [Any, ...infer Rest] ? Rest : never

/**
 * The base of functions with their own derivative: a class with static `forward` and `backward`,
 * called by `apply`.
 */
class CustomFunction {
  /**
   * Computes the result, a tensor or an array of values, without recording.
   * @param ctx takes along what backward needs
   */
  static forward(_ctx: FunctionContext, ..._args: Any[]): Any {
    throw missing(nameOf(this), 'forward(ctx, ...args)')
  }

  /**
   * From d(loss)/d(result) for each result: d(loss)/d(argument) for each argument of forward, in an
   * array, or alone where there is one argument; null where there is none. It is recorded where
   * backward was called with `createGraph`.
   */
  static backward(_ctx: FunctionContext, ..._gradients: Any[]): Any {
    throw missing(nameOf(this), 'backward(ctx, ...gradients)')
  }

  /**
   * Calls forward and gives its result, which knows its derivative.
   * @throws whatever forward throws; TypeError where it is asynchronous; Error where what was marked
   * dirty is not returned
   */
  static apply<Class extends ForwardClass>(
    this: Class,
    ...args: ArgumentsOf<Class>
  ): ReturnType<Class['forward']> {
    const self = this as unknown as typeof CustomFunction
    refuse(`${nameOf(self)}.apply()`, 'use operators, or call it outside of the step')
    const name = `${nameOf(self)}Backward`
    const given: unknown[] = args
    const context = new FunctionContext(
      given.map((value) => native.isTensor(value) && native.requiresGrad(value))
    )
    let single = false
    const forward = () => {
      const result = refusePromise(`${nameOf(self)}.forward`, self.forward(context, ...given))
      if (result === undefined) {
        const name = `${nameOf(self)}.forward`
        throw typeError(name, 'a result', result, 'return a Tensor or an array of values')
      }
      single = !Array.isArray(result)
      const left = FunctionContext.take(context)
      return [single ? [result] : [...result], ...left] as [unknown[], ...typeof left]
    }
    const outputs = native.applyFunction(
      name,
      given,
      forward,
      backwardOf(self, name, context, given)
    )
    return (single ? outputs[0] : outputs) as ReturnType<Class['forward']>
  }
}

function nameOf(self: object): string {
  const { name } = self as { name?: unknown }
  return typeof name === 'string' && name !== '' ? name : 'Function'
}

function missing(name: string, method: string): TypeError {
  return new TypeError(`${name}: ${method} is not defined; give the class a static ${method}`)
}

/** Calls `self.backward` and checks what it returns. Holds none of the arguments. */
function backwardOf(
  self: typeof CustomFunction,
  name: string,
  context: FunctionContext,
  args: readonly unknown[]
): (gradients: (Tensor | null)[], running: number) => (Tensor | null)[] {
  const isTensor = args.map((value) => native.isTensor(value))
  return (gradients, running) => {
    const result: unknown = FunctionContext.during(context, running, () =>
      self.backward(context, ...gradients)
    )
    return checkGradients(name, isTensor, result)
  }
}

function checkGradients(
  name: string,
  isTensor: readonly boolean[],
  result: unknown
): (Tensor | null)[] {
  refusePromise(name, result)
  const list: unknown[] = Array.isArray(result) ? [...result] : [result]
  while (list.length > isTensor.length && list.at(-1) === null) list.pop()
  if (list.length !== isTensor.length) {
    throw new TypeError(
      `${name}: expected ${isTensor.length} gradients, one for each argument of forward, ` +
        `got ${list.length}; return null where there is none`
    )
  }
  for (const [i, gradient] of list.entries()) {
    if (gradient === null) continue
    if (!native.isTensor(gradient)) {
      throw typeError(
        `${name}: gradient ${i}`,
        'a Tensor or null',
        gradient,
        'return one for each argument of forward'
      )
    }
    if (!isTensor[i]) {
      throw new TypeError(
        `${name}: gradient ${i}: expected null, as argument ${i} of forward is no Tensor, ` +
          `got ${describe(gradient)}`
      )
    }
  }
  return list as (Tensor | null)[]
}

export { CustomFunction as Function }
