/**
 * A batch: inputs and target, flat and as the model is given them.
 */
import { typeError } from '../check'
import type { Tensor } from '../tensor'
import { flatten, type Layout, type TensorTree } from './tree'

/** The tensors of a batch, and how inputs and target are made of them. */
export interface FlatBatch {
  tensors: readonly Tensor[]
  layout: Layout
}

/** A batch as the model is given it. */
export interface Sample {
  inputs: readonly TensorTree[]
  target: TensorTree
}

/** @throws TypeError for anything but inputs and a target */
export function flatBatch(name: string, value: unknown): FlatBatch {
  if (!Array.isArray(value) || value.length < 2)
    throw typeError(name, 'a batch [x, y]: inputs, and the target as the last one', value)
  return flatten(name, value)
}

/** The last part is the target, those before it are the inputs. */
export function sampleOf({ layout, tensors }: FlatBatch): Sample {
  const parts = layout.rebuild(tensors) as readonly TensorTree[]
  return { inputs: parts.slice(0, -1), target: parts.at(-1) as TensorTree }
}

/** The batch on a device; null leaves it where it is. */
export function moved({ layout, tensors }: FlatBatch, device: string | null): FlatBatch {
  if (device === null) return { layout, tensors }
  return { layout, tensors: tensors.map((tensor) => tensor.to({ device })) }
}
