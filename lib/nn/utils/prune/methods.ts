/**
 * Which weights are pruned: masks of 0 and 1.
 * Source: https://pytorch.org/docs/stable/nn.html#utilities
 */
import { integer, rangeError, typeError } from '../../../check'
import { rand } from '../../../random'
import type { Index } from '../../../indexing'
import { type Tensor, tensorArgument } from '../../../tensor'
import { operator } from '../../define'
import { checkAmount, unitsOf } from './amount'

/** What a method looks at: single weights, whole channels, or all of the tensor. */
export type PruningType = 'unstructured' | 'structured' | 'global'

/** A way to choose weights. Subclasses say how; `prune.apply` applies it to a module. */
export abstract class PruningMethod {
  abstract readonly type: PruningType

  /**
   * The mask for weights whose importance is `scores`, of their shape.
   * @param mask of earlier pruning, or ones: of the same shape. It is not to be changed.
   */
  abstract computeMask(scores: Tensor, mask: Tensor): Tensor

  /** The scores' mask under what is pruned already: units that are gone do not count. */
  combinedMask(scores: Tensor, mask: Tensor): Tensor {
    const where = this.remaining(scores, mask)
    const made = mask.to({ dtype: scores.dtype }).clone()
    const part = this.computeMask(scores.index(...where), mask.index(...where))
    return made.indexPut_(where, part.to({ dtype: made.dtype }))
  }

  /** The index of what is not pruned yet. */
  protected remaining(_scores: Tensor, mask: Tensor): Index[] {
    return this.type === 'unstructured' ? [mask.eq(1)] : ['...']
  }
}

/** Prunes nothing. */
export class Identity extends PruningMethod {
  readonly type = 'unstructured'

  override computeMask(_scores: Tensor, mask: Tensor): Tensor {
    return mask
  }
}

const randLike = operator('rand_like')
const zerosLike = operator('zeros_like')
const norm = operator('norm')

/** A copy of `mask` with 0 for the `k` largest or smallest of `values`. */
function withoutExtremes(mask: Tensor, values: Tensor, k: number, largest: boolean): Tensor {
  const made = mask.clone({ memoryFormat: 'contiguous_format' })
  if (k === 0) return made
  const [, indices] = values.reshape([-1]).topk(k, { largest })
  made.view(-1).indexPut_([indices], 0)
  return made
}

/** Prunes random weights. */
export class RandomUnstructured extends PruningMethod {
  readonly type = 'unstructured'
  readonly amount: number

  constructor(amount: number) {
    super()
    this.amount = checkAmount(amount)
  }

  override computeMask(scores: Tensor, mask: Tensor): Tensor {
    const units = unitsOf(this.amount, scores.numel())
    return withoutExtremes(mask, units === 0 ? scores : randLike(scores), units, true)
  }
}

/** Prunes the weights of least magnitude. */
export class L1Unstructured extends PruningMethod {
  readonly type = 'unstructured'
  readonly amount: number

  constructor(amount: number) {
    super()
    this.amount = checkAmount(amount)
  }

  override computeMask(scores: Tensor, mask: Tensor): Tensor {
    return withoutExtremes(mask, scores.abs(), unitsOf(this.amount, scores.numel()), false)
  }
}

/** Prunes whole channels: everything at some places of one dimension. */
abstract class StructuredMethod extends PruningMethod {
  readonly type = 'structured'
  readonly amount: number
  readonly dim: number

  constructor(amount: number, dim: number) {
    super()
    this.amount = checkAmount(amount)
    this.dim = integer('dim', dim, Number.MIN_SAFE_INTEGER)
  }

  /** The dimension, from the front. */
  protected dimOf({ ndim }: Tensor): number {
    if (ndim < 2) throw rangeError('structured pruning', 'a tensor of at least 2 dimensions', ndim)
    const dim = integer('dim', this.dim, -ndim, ndim - 1)
    return dim < 0 ? dim + ndim : dim
  }

  /** The index of some places of the dimension, with everything there. */
  protected at(tensor: Tensor, places: Tensor): Index[] {
    const dim = this.dimOf(tensor)
    return tensor.shape.map((_, other) => (other === dim ? places : ':'))
  }

  protected override remaining(scores: Tensor, mask: Tensor): Index[] {
    return this.at(scores, mask.sum(this.otherDims(scores)).ne(0))
  }

  protected otherDims(tensor: Tensor): number[] {
    const dim = this.dimOf(tensor)
    return [...Array(tensor.ndim).keys()].filter((other) => other !== dim)
  }

  /** Which channels stay, as a mask or as indices, when `units` of them go. */
  protected abstract kept(scores: Tensor, units: number): Tensor

  override computeMask(scores: Tensor, mask: Tensor): Tensor {
    const size = scores.shape[this.dimOf(scores)] as number
    const units = unitsOf(this.amount, size)
    const kept = this.kept(scores, units)
    if (units === 0) return mask
    const made = zerosLike(scores).indexPut_(this.at(scores, kept), 1)
    return made.mul_(mask.to({ dtype: made.dtype }))
  }
}

/** Prunes random channels along `dim`, by default the last one. */
export class RandomStructured extends StructuredMethod {
  constructor(amount: number, dim = -1) {
    super(amount, dim)
  }

  protected override kept(scores: Tensor, units: number): Tensor {
    if (units === 0) return scores
    const drawn = rand([scores.shape[this.dimOf(scores)] as number])
    const [threshold] = drawn.kthvalue(units)
    return drawn.gt(threshold)
  }
}

/** Prunes the channels along `dim`, by default the last one, whose L`n` norm is least. */
export class LnStructured extends StructuredMethod {
  readonly n: number

  constructor(amount: number, n: number, dim = -1) {
    super(amount, dim)
    if (typeof n !== 'number' || Number.isNaN(n)) throw typeError('n', 'a number, the norm', n)
    this.n = n
  }

  protected override kept(scores: Tensor, units: number): Tensor {
    const norms = norm(scores, this.n, this.otherDims(scores))
    const [, indices] = norms.topk(norms.numel() - units)
    return indices
  }
}

/** Prunes what `mask` says. */
export class CustomFromMask extends PruningMethod {
  readonly type = 'global'
  readonly mask: Tensor

  constructor(mask: Tensor) {
    super()
    this.mask = tensorArgument('mask', mask)
  }

  override computeMask(_scores: Tensor, mask: Tensor): Tensor {
    const [wanted, got] = [mask.shape, this.mask.shape]
    if (wanted.join() !== got.join()) throw rangeError('mask', `shape [${wanted}]`, `[${got}]`)
    return mask.mul(this.mask.to({ dtype: mask.dtype }))
  }
}
