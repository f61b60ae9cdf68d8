/**
 * Changing all tensors of a module: dtype, device, memory.
 */
import { integer, options as checkOptions, typeError } from '../../check'
import { refuse } from '../../compile/tape'
import { type DType, dtypeCode, isDType, isDifferentiable } from '../../dtype'
import { noGrad } from '../../modes'
import { native } from '../../native'
import type { Tensor } from '../../tensor'
import type { Module } from './module'

/** Where to, as dtype, device or both. */
export type Target = string | { device?: string; dtype?: DType }

/** Gives every parameter, buffer and gradient of `module` the values of `change(tensor)`, in place. */
function convert(module: Module, change: (tensor: Tensor) => Tensor): void {
  refuse('Module.to()', 'convert the module before the step')
  noGrad(() => {
    for (const tensor of [...module.parameters(), ...module.buffers()]) {
      const { grad } = tensor
      // The old gradient would not fit the new values: it moves as well.
      if (grad) tensor.grad = null
      native.setData(tensor, change(tensor))
      if (grad) tensor.grad = change(grad)
    }
  })
}

/** What Module.to does. */
export function moveTo(module: Module, target: Target): void {
  if (typeof target === 'string') {
    moveTo(module, isDType(target) ? { dtype: target } : { device: target })
    return
  }
  const { device, dtype } = checkOptions<{ device?: string; dtype?: DType }>('to', target, [
    'device',
    'dtype'
  ])
  if (dtype !== undefined && !dtype.includes('float')) {
    throw typeError('dtype', 'a floating-point dtype', dtype, 'only those have gradients')
  }
  const wanted = device === undefined ? undefined : native.resolveDevice(device)
  convert(module, (tensor) =>
    tensor.to({ device: wanted, dtype: tensor.dtype.includes('float') ? dtype : undefined })
  )
}

/** What Module.type does. */
export function castTo(module: Module, dtype: DType): void {
  dtypeCode(dtype)
  if (!isDifferentiable(dtype) && module.parameters().some((parameter) => parameter.requiresGrad)) {
    const remedy = 'call requiresGrad_(false) first'
    throw typeError('dtype', 'a floating-point dtype for what requires a gradient', dtype, remedy)
  }
  convert(module, (tensor) => tensor.to({ dtype }))
}

/** `'cuda'`, or that of a number. */
export function cudaDevice(device?: number | string): string {
  if (device === undefined || typeof device === 'string') return device ?? 'cuda'
  return `cuda:${integer('device', device)}`
}
