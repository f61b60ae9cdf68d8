/**
 * Rows of a table, by number.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#sparse-functions
 */
import { oneOf, rangeError, typeError } from '../../check'
import { arange } from '../../creation'
import { type Tensor, tensorArgument } from '../../tensor'
import { defineFunction, operator } from '../define'
import { ascending, within } from './bounds'

const renorm_ = operator('embedding_renorm_')
const runEmbedding = operator('embedding')

/** The rows that are looked up, made no longer than `maxNorm`, in the table itself. */
function shorten(weight: Tensor, indices: Tensor, maxNorm: number, normType: number): void {
  renorm_(weight.detach(), indices, maxNorm, normType)
}

/**
 * Rows of `weight` `[n, d]`: input `[...]` of whole numbers, result `[..., d]`. The row `paddingIdx`
 * gets no gradient. With `maxNorm`, rows that are longer are shortened in `weight` itself.
 * @throws RangeError for a paddingIdx outside the table
 */
export const embedding = defineFunction(
  'embedding',
  ['input', 'weight', 'paddingIdx', 'maxNorm', 'normType', 'scaleGradByFreq', 'sparse'],
  (
    input: Tensor,
    weight: Tensor,
    paddingIdx: number | null = null,
    maxNorm: number | null = null,
    normType = 2,
    scaleGradByFreq = false,
    sparse = false
  ) => {
    const rows = tensorArgument('weight', weight).shape[0] as number
    if (paddingIdx !== null && (paddingIdx >= rows || paddingIdx < -rows)) {
      throw rangeError('paddingIdx', `a row from ${-rows} to ${rows - 1}`, paddingIdx)
    }
    // -1 is libtorch's "none".
    const padding = paddingIdx === null ? -1 : paddingIdx < 0 ? rows + paddingIdx : paddingIdx
    const indices = maxNorm === null ? input : input.contiguous()
    if (maxNorm !== null) shorten(weight, indices, maxNorm, normType)
    return runEmbedding(weight, indices, padding, scaleGradByFreq, sparse)
  }
)

const runEmbeddingBag = operator<(...args: unknown[]) => Tensor[]>('embedding_bag.padding_idx')
const modes = ['sum', 'mean', 'max'] as const

/**
 * The mean (or `mode` 'sum', 'max') of rows of `weight` `[n, d]`: a bag is a row of the input
 * `[bags, k]`, or with `offsets` what lies in the input `[m]` between two of them. Result `[bags, d]`.
 * @throws RangeError, TypeError for inputs that make no bags, and for modes that do not go together
 */
export const embeddingBag = defineFunction(
  'embeddingBag',
  [
    'input',
    'weight',
    'offsets',
    'maxNorm',
    'normType',
    'scaleGradByFreq',
    'mode',
    'sparse',
    'perSampleWeights',
    'includeLastOffset',
    'paddingIdx'
  ],
  (
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | null = null,
    maxNorm: number | null = null,
    normType = 2,
    scaleGradByFreq = false,
    mode: (typeof modes)[number] = 'mean',
    sparse = false,
    perSampleWeights: Tensor | null = null,
    includeLastOffset = false,
    paddingIdx: number | null = null
  ) => {
    const { shape, dtype, device } = input
    const code = modes.indexOf(oneOf('mode', mode, modes))
    if (mode === 'max' && (scaleGradByFreq || sparse)) {
      const option = scaleGradByFreq ? 'scaleGradByFreq' : 'sparse'
      throw typeError(option, "false with mode 'max'", true)
    }
    if (perSampleWeights !== null) checkWeights(perSampleWeights, shape, mode)
    const rows = tensorArgument('weight', weight).shape[0] ?? 0
    const bags = bagsOf(input, offsets, rows)
    if (maxNorm !== null) shorten(weight, bags.indices, maxNorm, normType)
    return runEmbeddingBag(
      weight,
      bags.indices,
      bags.offsets ?? arange(0, input.numel(), shape[1] as number, { dtype, device }),
      scaleGradByFreq,
      code,
      sparse,
      bags.offsets ? perSampleWeights : (perSampleWeights?.reshape(-1) ?? null),
      includeLastOffset && bags.offsets !== null,
      paddingIdx
    )[0] as Tensor
  }
)

function checkWeights(weights: Tensor, shape: readonly number[], mode: string): void {
  const theirs = tensorArgument('perSampleWeights', weights).shape
  if (String(theirs) !== String(shape)) {
    throw rangeError('perSampleWeights', `the input's shape [${shape.join(', ')}]`, theirs)
  }
  if (mode !== 'sum') throw typeError('mode', "'sum', as perSampleWeights are given", mode)
}

/** The rows of all bags, and where bags start; null where all have the length of a row. */
function bagsOf(
  input: Tensor,
  offsets: Tensor | null,
  rows: number
): { indices: Tensor; offsets: Tensor | null } {
  const { ndim } = input
  if (ndim === 2) {
    if (offsets !== null) {
      const expected = 'null with an input of 2 dimensions, whose rows are the bags'
      throw typeError('offsets', expected, offsets)
    }
    return { indices: input.reshape(-1), offsets }
  }
  if (ndim !== 1) throw rangeError('embeddingBag', 'an input of 1 or 2 dimensions', ndim)
  const starts = tensorArgument('offsets', offsets)
  if (starts.ndim !== 1) throw rangeError('offsets', '1 dimension', starts.ndim)
  if (starts.numel() === 0) throw rangeError('offsets', 'at least one element', starts)
  within('input', input, 0, rows - 1)
  within('offsets', starts, 0, input.numel())
  ascending('offsets', starts)
  return { indices: input, offsets: starts }
}

/** Whole numbers `[...]` as vectors of one 1 and zeros `[..., numClasses]`, int64; -1 finds the size. */
export const oneHot = defineFunction(
  'oneHot',
  ['tensor', 'numClasses'],
  operator<(tensor: Tensor, numClasses?: number) => Tensor>('one_hot')
)
