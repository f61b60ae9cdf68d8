/**
 * Functions that are called with the gradient of a tensor.
 * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.register_hook.html
 */
import { callable, typeError } from '../check'
import { refuse } from '../compile/tape'
import { native } from '../native'
import type { Tensor } from '../tensor'

/** Is given a gradient; what it returns, if it is a tensor, takes the gradient's place. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook may have no return at all
export type GradientHook = (gradient: Tensor) => Tensor | undefined | null | void

/** Takes a hook off again. */
export interface HookHandle {
  /** The hook is not called any more, and let go of. May be repeated. */
  remove(): void
}

/** What Tensor.registerHook does. */
export function registerHook(tensor: Tensor, hook: GradientHook): HookHandle {
  callable('hook', hook)
  const number = native.registerHook(tensor, (gradient: Tensor): Tensor | null => {
    refuse('a hook of Tensor.registerHook()', 'call the function without hooks')
    const result: unknown = hook(gradient)
    if (result === undefined || result === null) return null
    if (!native.isTensor(result)) {
      throw typeError(
        'registerHook',
        'a hook that returns a Tensor or nothing',
        result,
        'write the body of the function in braces, without return'
      )
    }
    return result
  })
  return { remove: () => native.removeHook(number) }
}
