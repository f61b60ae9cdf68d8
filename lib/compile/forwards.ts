/**
 * `model.forward(x)` is a plain method, which says nothing of the module that it runs. For the length
 * of a recording it does.
 */
import { forwardPrototypes } from '../nn/module/callable'
import { markSame } from '../nn/native_module'
import { uses } from './tape'

/** Has every module noted whose `forward` runs; the function that it returns ends that. */
export function noteForwards(): () => void {
  const originals = [...forwardPrototypes()].map((prototype) => {
    const original = Object.getOwnPropertyDescriptor(prototype, 'forward') as PropertyDescriptor
    const { forward } = prototype
    function noted(this: object, ...inputs: unknown[]) {
      uses(this)
      return forward.apply(this as never, inputs)
    }
    markSame(noted, forward)
    Object.defineProperty(prototype, 'forward', { ...original, value: noted })
    return () => Object.defineProperty(prototype, 'forward', original)
  })
  return () => {
    for (const restore of originals) restore()
  }
}
