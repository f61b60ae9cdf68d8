/**
 * Finding the operator whose derivative fails or gives NaN.
 * Source: https://pytorch.org/docs/stable/autograd.html#anomaly-detection
 */
import { boolean, callable, options as checkOptions } from '../check'
import { refusePromise } from '../modes'
import { native } from '../native'

/**
 * Switches anomaly detection on or off. While it is on, each node of the graph remembers the
 * JavaScript stack of the forward call that made it, an error in backward shows that stack, and NaN
 * in a gradient is an error. It makes everything slow: for debugging only.
 *
 * It is on in the whole process while any thread asks for it.
 * @param checkNan whether NaN is an error; default true
 * Source: https://pytorch.org/docs/stable/autograd.html#torch.autograd.set_detect_anomaly
 */
export function setDetectAnomaly(mode: boolean, checkNan = true): void {
  native.setDetectAnomaly(boolean('mode', mode), boolean('checkNan', checkNan))
}

/**
 * Runs `fn` with anomaly detection on and returns its result.
 * @param options.checkNan whether NaN in a gradient is an error; default true
 * @throws TypeError where `fn` is asynchronous
 */
export function detectAnomaly<T>(fn: () => T, options?: { checkNan?: boolean }): T {
  callable('fn', fn)
  const { checkNan = true } = checkOptions<{ checkNan?: boolean }>('detectAnomaly', options, [
    'checkNan'
  ])
  const before = native.setDetectAnomaly(true, boolean('checkNan', checkNan))
  try {
    return refusePromise('detectAnomaly', fn())
  } finally {
    native.setDetectAnomaly(...before)
  }
}

/** Whether anomaly detection is on, here or in another thread of the process. */
export function isAnomalyEnabled(): boolean {
  return native.isAnomalyEnabled()
}
