/**
 * Jacobians by finite differences and by backward, for gradcheck. A Jacobian has a row an element of
 * the output and a column an element of the input.
 */
import { zeros } from '../creation'
import { ops } from '../operators/ops'
import type { Tensor } from '../tensor'
import { grad } from './grad'

export type Jacobian = Float64Array[]

/** Each element of `tensor` as a view of one element that shares its memory, in row-major order. */
function* elementsOf(tensor: Tensor): Generator<Tensor> {
  if (tensor.ndim === 0) {
    yield tensor
    return
  }
  for (let i = 0; i < (tensor.shape[0] as number); i++) yield* elementsOf(tensor.select(0, i))
}

function valuesOf(tensor: Tensor): Float64Array {
  return Float64Array.from(tensor.detach().to('float64').toTypedArray() as Float64Array)
}

/**
 * (f(x + eps) - f(x - eps)) / (2 eps) for each element x of `input`, which is changed in place and
 * set back. One Jacobian for each tensor that `outputs` gives.
 */
export function numerical(outputs: () => Tensor[], input: Tensor, eps: number): Jacobian[] {
  const jacobians: Jacobian[] = outputs().map((output) =>
    Array.from({ length: output.numel() }, () => new Float64Array(input.numel()))
  )
  let column = 0
  // `data` keeps the change from autograd: a graph that has saved the input stays valid.
  for (const element of elementsOf(ops.aten.data?.(input) as Tensor)) {
    const value = element.item()
    const at = (moved: number): Float64Array[] => {
      element.fill_(moved)
      return outputs().map(valuesOf)
    }
    try {
      const [above, below] = [at(value + eps), at(value - eps)]
      for (const [i, jacobian] of jacobians.entries()) {
        const [up, down] = [above[i] as Float64Array, below[i] as Float64Array]
        for (const [row, derivatives] of jacobian.entries()) {
          derivatives[column] = ((up[row] as number) - (down[row] as number)) / (2 * eps)
        }
      }
    } finally {
      element.fill_(value)
    }
    column++
  }
  return jacobians
}

/** By one backward a row; one Jacobian for each of `inputs`, zero where `output` ignores it. */
export function analytical(output: Tensor, inputs: readonly Tensor[]): Jacobian[] {
  const count = output.numel()
  const jacobians: Jacobian[] = inputs.map(() => [])
  for (let row = 0; row < count; row++) {
    const direction = zeros(count, { dtype: output.dtype, device: output.device })
    direction.select(0, row).fill_(1)
    const gradients = grad(output, inputs, {
      gradOutputs: direction.reshape(output.shape),
      retainGraph: true,
      allowUnused: true
    })
    for (const [i, gradient] of gradients.entries()) {
      const columns = (inputs[i] as Tensor).numel()
      jacobians[i]?.push(gradient ? valuesOf(gradient) : new Float64Array(columns))
    }
  }
  return jacobians
}

/** The largest |a - b|, NaN where either has one. */
export function distance(a: Jacobian, b: Jacobian): number {
  let largest = 0
  for (const [row, values] of a.entries()) {
    for (const [column, value] of values.entries()) {
      const difference = Math.abs(value - ((b[row] as Float64Array)[column] as number))
      if (Number.isNaN(difference)) return Number.NaN
      largest = Math.max(largest, difference)
    }
  }
  return largest
}

/** Whether |a - b| <= atol + rtol |b| everywhere. */
export function isClose(a: Jacobian, b: Jacobian, atol: number, rtol: number): boolean {
  return a.every((values, row) =>
    values.every((value, column) => {
      const wanted = (b[row] as Float64Array)[column] as number
      return value === wanted || Math.abs(value - wanted) <= atol + rtol * Math.abs(wanted)
    })
  )
}

/** One line a row, the first few. */
export function show(jacobian: Jacobian): string {
  const shown = jacobian.slice(0, 8).map((row) => {
    const few = Array.from(row.slice(0, 8), (value) => Number(value.toPrecision(8)))
    return `[${few.join(', ')}${row.length > 8 ? ', ...' : ''}]`
  })
  return shown.join('\n  ') + (jacobian.length > 8 ? '\n  ...' : '')
}
