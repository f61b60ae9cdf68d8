/**
 * Mixed precision: operators that gain by it run in half precision, for the length of a function.
 */
import { boolean, callable, options as checkOptions, oneOf, typeError } from '../check'
import type { DType } from '../dtype'
import { refusePromise } from '../modes'
import { native } from '../native'
import { isBefore } from '../nn/version'

/** A kind of device that has an autocast of its own. */
export type AutocastDevice = 'cpu' | 'cuda'

export interface AutocastOptions {
  /** Whose operators are meant: those of the other device stay as they are. */
  device: AutocastDevice
  /** Default `'bfloat16'` on the CPU, `'float16'` on CUDA, or what an outer `autocast` chose. */
  dtype?: 'bfloat16' | 'float16'
  /** False leaves an outer `autocast` for the length of `fn`. Default true. */
  enabled?: boolean
  /** Whether a weight is cast once for all its uses. Default: as outside, which is true. */
  cacheEnabled?: boolean
}

const names = ['device', 'dtype', 'enabled', 'cacheEnabled']
const devices: readonly AutocastDevice[] = ['cpu', 'cuda']

/** The dtypes that the operators of `device` have kernels for. */
function dtypesOf(device: AutocastDevice): readonly DType[] {
  return device === 'cpu' && isBefore(2, 3) ? ['bfloat16'] : ['bfloat16', 'float16']
}

/**
 * Runs `fn` in mixed precision and returns its result: products and convolutions in `dtype`, what
 * would lose by it (sums, exponentials, losses) in float32, by PyTorch's lists. Do forward and loss
 * inside; backward needs no `autocast`: gradients have the dtypes of the forward.
 * @throws TypeError where `fn` is asynchronous, or for a dtype that the device does not take; Error
 * that says what is missing where CUDA is asked for and not there
 * Source: https://pytorch.org/docs/stable/amp.html#torch.autocast
 */
export function autocast<T>(options: AutocastOptions, fn: () => T): T {
  const given = checkOptions<AutocastOptions>('autocast', options, names)
  const device = oneOf('device', given.device, devices)
  const enabled = boolean('enabled', given.enabled ?? true)
  const before = native.autocastState(device)
  const [, outerDtype, outerCache] = before
  const dtype = given.dtype ?? outerDtype
  const cacheEnabled = boolean('cacheEnabled', given.cacheEnabled ?? outerCache)
  if (!dtypesOf(device).includes(dtype)) {
    const known = dtypesOf(device).map((name) => `'${name}'`)
    throw typeError('dtype', `${known.join(' or ')} for ${device}`, dtype)
  }
  callable('fn', fn)
  if (enabled) native.resolveDevice(device)
  native.enterAutocast(device, enabled, dtype, cacheEnabled)
  try {
    return refusePromise('autocast', fn())
  } finally {
    native.leaveAutocast(device, ...before)
  }
}

/** Whether `autocast` is on now for a device. */
export function isAutocastEnabled(device: AutocastDevice): boolean {
  return native.autocastState(oneOf('device', device, devices))[0]
}

/** The dtype that `autocast` uses on a device, now or when it is next switched on. */
export function getAutocastDtype(device: AutocastDevice): DType {
  return native.autocastState(oneOf('device', device, devices))[1]
}
