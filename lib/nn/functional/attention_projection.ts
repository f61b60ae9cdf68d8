/**
 * Queries, keys and values of attention, by the inputs' linear maps.
 */
import { rangeError } from '../../check'
import type { Tensor } from '../../tensor'
import { isBefore } from '../version'
import { linear } from './linear'

type Triple = [q: Tensor, k: Tensor, v: Tensor]

/** The `parts` parts of width `width` that lie side by side in `projected`, each contiguous. */
function parts(projected: Tensor, count: number, width: number): Tensor[] {
  if (isBefore(2, 0)) return projected.chunk(count, -1)
  const apart = projected.view(...projected.shape.slice(0, -1), count, width)
  return apart.unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous().unbind(0)
}

/** All three maps in one weight `[3 E, E]`: one product for inputs that are the same tensor. */
export function packedProjection(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  weight: Tensor,
  bias: Tensor | null
): Triple {
  const width = query.shape.at(-1) as number
  if (key === value && query === key) return parts(linear(query, weight, bias), 3, width) as Triple
  if (key === value) {
    const [wq, wkv] = weight.split([width, width * 2]) as [Tensor, Tensor]
    const [bq, bkv] = bias ? (bias.split([width, width * 2]) as [Tensor, Tensor]) : [null, null]
    return [linear(query, wq, bq), ...parts(linear(key, wkv, bkv), 2, width)] as Triple
  }
  const [wq, wk, wv] = weight.chunk(3) as Triple
  return separateProjection([query, key, value], [wq, wk, wv], bias)
}

/** A map each; the biases lie in one tensor. */
export function separateProjection(inputs: Triple, weights: Triple, bias: Tensor | null): Triple {
  const biases = bias ? bias.chunk(3) : [null, null, null]
  return inputs.map((input, i) => linear(input, weights[i] as Tensor, biases[i])) as Triple
}

/** Refuses weights of other shapes than `[E, width of the input]`. */
export function checkWeights(inputs: Triple, weights: Triple): void {
  const width = inputs[0].shape.at(-1)
  for (const [i, name] of ['qProjWeight', 'kProjWeight', 'vProjWeight'].entries()) {
    const wanted = [width, inputs[i]?.shape.at(-1)].join(', ')
    const shape = weights[i]?.shape.join(', ')
    if (shape !== wanted) throw rangeError(name, `shape [${wanted}]`, `[${shape}]`)
  }
}
