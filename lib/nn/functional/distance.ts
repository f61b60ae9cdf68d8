/**
 * How far vectors are from each other.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#distance-functions
 */
import type { Tensor } from '../../tensor'
import { defineFunction, operator } from '../define'

/** |x1 - x2 + eps|_p over the last dimension: `[..., d]` -> `[...]`. Defaults p 2, eps 1e-6. */
export const pairwiseDistance = defineFunction(
  'pairwiseDistance',
  ['x1', 'x2', 'p', 'eps', 'keepdim'],
  operator<(x1: Tensor, x2: Tensor, p?: number, eps?: number, keepdim?: boolean) => Tensor>(
    'pairwise_distance'
  )
)

/** x1 . x2 / max(|x1| |x2|, eps) along `dim`, default 1; `eps` default 1e-8. */
export const cosineSimilarity = defineFunction(
  'cosineSimilarity',
  ['x1', 'x2', 'dim', 'eps'],
  operator<(x1: Tensor, x2: Tensor, dim?: number, eps?: number) => Tensor>('cosine_similarity')
)

/** The p-norm of the difference of each pair of rows: `[n, d]` -> `[n (n - 1) / 2]`. Default p 2. */
export const pdist = defineFunction(
  'pdist',
  ['input', 'p'],
  operator<(input: Tensor, p?: number) => Tensor>('pdist')
)
