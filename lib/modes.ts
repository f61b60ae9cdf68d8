/**
 * Whether autograd records, for the length of a function.
 * Source: https://pytorch.org/docs/stable/generated/torch.no_grad.html
 */
import { types } from 'node:util'

import { boolean, callable } from './check'
import { native } from './native'

function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

/** What follows an `await` or a `yield` would run outside: better refused than silently wrong. */
export function refusePromise<T>(name: string, value: T): T {
  if (types.isGeneratorObject(value)) {
    throw new TypeError(
      `${name}: expected a plain function, got a generator function; call ${name}() inside of it`
    )
  }
  if (isPromise(value)) {
    // The error thrown here says what is wrong: a rejection of what is refused is no news.
    if (types.isPromise(value)) value.catch(() => undefined)
    throw new TypeError(
      `${name}: expected a synchronous function, got one that returned a promise; ` +
        `do the asynchronous part first, then call ${name}() around the rest`
    )
  }
  return value
}

function withGrad<T>(name: string, enabled: boolean, fn: () => T): T {
  callable('fn', fn)
  const before = native.setGradEnabled(enabled)
  try {
    return refusePromise(name, fn())
  } finally {
    native.setGradEnabled(before)
  }
}

/**
 * Runs `fn` without recording for autograd and returns its result.
 * @throws TypeError where `fn` is asynchronous.
 */
export function noGrad<T>(fn: () => T): T {
  return withGrad('noGrad', false, fn)
}

/** Runs `fn` with recording on, inside `noGrad` too, and returns its result. */
export function enableGrad<T>(fn: () => T): T {
  return withGrad('enableGrad', true, fn)
}

/** Runs `fn` with recording on or off and returns its result. */
export function setGradEnabled<T>(mode: boolean, fn: () => T): T {
  return withGrad('setGradEnabled', boolean('mode', mode), fn)
}

/**
 * Runs `fn` in inference mode and returns its result: `noGrad`, and the tensors that it makes keep
 * no account of changes and views. That is faster, but they can never take part in a graph; `clone`
 * them outside for that.
 * @param mode false leaves the mode for the length of `fn`
 * @throws TypeError where `fn` is asynchronous
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.grad_mode.inference_mode.html
 */
export function inferenceMode<T>(fn: () => T, mode = true): T {
  callable('fn', fn)
  native.enterInferenceMode(boolean('mode', mode))
  try {
    return refusePromise('inferenceMode', fn())
  } finally {
    native.leaveInferenceMode()
  }
}

/** Whether inference mode is on now. */
export function isInferenceModeEnabled(): boolean {
  return native.isInferenceModeEnabled()
}

/** Whether autograd records now. */
export function isGradEnabled(): boolean {
  return native.isGradEnabled()
}
