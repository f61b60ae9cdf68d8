/**
 * Tensors in arrays and plain objects, as one flat list and back.
 */
import { typeError } from '../check'
import { isPlain } from '../plain'
import { isTensor, type Tensor } from '../tensor'

/** A tensor, or tensors in arrays and plain objects to any depth. */
export type TensorTree = Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree }

/** How a tree is made of a list of its tensors. */
export interface Layout {
  /** Equal for equal layouts. */
  readonly key: string
  /** How many tensors there are. */
  readonly size: number
  rebuild(tensors: readonly Tensor[], from?: number): TensorTree
}

const leaf: Layout = { key: 't', size: 1, rebuild: (tensors, from = 0) => tensors[from] as Tensor }

function ofParts(names: readonly string[] | null, parts: readonly Layout[]): Layout {
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  const key = parts.map((part, i) => (names ? `${JSON.stringify(names[i])}:` : '') + part.key)
  const rebuild = (tensors: readonly Tensor[], from = 0) => {
    let at = from
    const made = parts.map((part) => {
      const value = part.rebuild(tensors, at)
      at += part.size
      return value
    })
    if (!names) return made
    return Object.fromEntries(names.map((name, i) => [name, made[i] as TensorTree]))
  }
  return { key: names ? `{${key}}` : `[${key}]`, size, rebuild }
}

/**
 * The tensors of `tree` in order, and its layout.
 * @throws TypeError that names the place of anything that is no tensor
 */
export function flatten(name: string, tree: unknown): { tensors: Tensor[]; layout: Layout } {
  const tensors: Tensor[] = []
  const visit = (value: unknown, path: string, depth: number): Layout => {
    if (isTensor(value)) {
      tensors.push(value)
      return leaf
    }
    if (depth > 0 && Array.isArray(value))
      return ofParts(
        null,
        value.map((item, i) => visit(item, `${path}[${i}]`, depth - 1))
      )
    if (depth > 0 && typeof value === 'object' && value !== null && isPlain(value)) {
      const names = Object.keys(value)
      return ofParts(
        names,
        names.map((key) => visit(value[key], `${path}.${key}`, depth - 1))
      )
    }
    throw typeError(path, 'a Tensor, or tensors in arrays and objects', value)
  }
  return { layout: visit(tree, name, 100), tensors }
}

/** Samples in a batch: the size of the first dimension, 1 for a tensor without any. */
export function rows(tensor: Tensor): number {
  return tensor.shape[0] ?? 1
}
