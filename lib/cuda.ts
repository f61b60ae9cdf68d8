/**
 * What CUDA there is.
 * Source: https://pytorch.org/docs/stable/cuda.html
 */
import { integer } from './check'
import { native } from './native'

/** libtorch numbers devices in one byte. */
const maxIndex = 127

/** Whether tensors can be put on a CUDA device. */
export function isAvailable(): boolean {
  return deviceCount() > 0
}

/** Number of CUDA devices that can be used; 0 without CUDA. */
export function deviceCount(): number {
  return native.cudaStatus().deviceCount
}

/** Why CUDA is there or not: the libtorch is built without it, no driver, or what did not load. */
export function status(): {
  state: 'cpu-only' | 'no-driver' | 'load-failed' | 'ready'
  detail: string
} {
  const { state, detail } = native.cudaStatus()
  return { state, detail }
}

/**
 * Waits until all work on a device is done. Default device 0.
 * @throws Error that says what is missing where CUDA is not there.
 */
export function synchronize(device = 0): void {
  native.cudaSynchronize(integer('device', device, 0, maxIndex))
}

/**
 * Bytes that tensors hold on a device by libtorch's own count. Default device 0.
 * @throws Error where CUDA is not there, or where this libtorch does not tell (before 2.10).
 */
export function memoryAllocated(device = 0): number {
  return native.cudaMemoryAllocated(integer('device', device, 0, maxIndex))
}
