/**
 * The bits of tensors as text: what bits.py does.
 */
import type { Tensor } from 'node-libtorch'

/** dtype, shape and elements, such as 'float32[2] 0000803f00000040'. Half precision widens. */
export function bits(tensor: Tensor): string {
  const elements = Buffer.from(tensor.toTypedArray().buffer).toString('hex')
  return `${tensor.dtype}[${tensor.shape.join(', ')}] ${elements}`
}

export function namedBits(pairs: [string, Tensor][]): Record<string, string> {
  return Object.fromEntries(pairs.map(([name, tensor]) => [name, bits(tensor)]))
}
