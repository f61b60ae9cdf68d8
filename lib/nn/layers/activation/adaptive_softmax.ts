/**
 * Softmax over very many classes of which some are rare.
 */
import { boolean, finite, integer, options as checkOptions, rangeError } from '../../../check'
import { type Tensor, tensorArgument } from '../../../tensor'
import { operator } from '../../define'
import { logSoftmax } from '../../functional'
import { Linear } from '../linear'
import { Module } from '../../module'
import { ModuleList, Sequential } from '../../containers'
import type { FactoryOptions } from '../factory'

export interface AdaptiveLogSoftmaxOptions extends FactoryOptions {
  /** By how much each cluster's projection is narrower than the one before. Default 4. */
  divValue?: number
  /** Whether the head adds a bias. Default false. */
  headBias?: boolean
}

const cat = operator<(tensors: Tensor[], dim: number) => Tensor>('cat')

/**
 * log softmax over `nClasses` classes that are sorted by how frequent they are, in clusters that end
 * before each of `cutoffs`: the head `[inFeatures]` has the classes of the first one and one number
 * for each other cluster, whose classes are computed only where a target is among them.
 *
 * Input `[N, inFeatures]` and target `[N]` (or `[inFeatures]` and a scalar) give `[output, loss]`: the
 * log probabilities of the targets `[N]`, and minus their mean.
 * @throws RangeError for cutoffs that are not ascending from 1 to nClasses - 1; forward one for shapes
 * that do not fit and targets that are no class
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveLogSoftmaxWithLoss.html
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  head: Linear
  tail: ModuleList<Sequential>
  readonly inFeatures: number
  readonly nClasses: number
  /** Where clusters end, the last one too. */
  readonly cutoffs: readonly number[]
  readonly divValue: number

  constructor(
    inFeatures: number,
    nClasses: number,
    cutoffs: readonly number[],
    options?: AdaptiveLogSoftmaxOptions
  ) {
    super()
    this.inFeatures = integer('inFeatures', inFeatures)
    this.nClasses = integer('nClasses', nClasses, 1)
    this.cutoffs = [...ascendingCutoffs(cutoffs, nClasses), nClasses]
    const {
      divValue = 4,
      headBias = false,
      ...factory
    } = checkOptions<AdaptiveLogSoftmaxOptions>('AdaptiveLogSoftmaxWithLoss', options, [
      'divValue',
      'headBias',
      'device',
      'dtype'
    ])
    this.divValue = finite('divValue', divValue)
    if (divValue <= 0) throw rangeError('divValue', 'a number above 0', divValue)
    const clusters = cutoffs.length
    const headSize = this.#shortlist + clusters
    this.head = new Linear(inFeatures, headSize, {
      bias: boolean('headBias', headBias),
      ...factory
    })
    const projections = Array.from({ length: clusters }, (_, i) => {
      const hidden = Math.floor(inFeatures / divValue ** (i + 1))
      const classes = this.cutoffs[i + 1]! - this.cutoffs[i]!
      return new Sequential(
        new Linear(inFeatures, hidden, { bias: false, ...factory }),
        new Linear(hidden, classes, { bias: false, ...factory })
      )
    })
    this.tail = new ModuleList(projections)
  }

  /** Classes of the head. */
  get #shortlist(): number {
    return this.cutoffs[0] as number
  }

  override forward(input: Tensor, target: Tensor): [output: Tensor, loss: Tensor] {
    checkShapes(input, target)
    if (target.ndim === 0) {
      const [output] = this.#batch(input.unsqueeze(0), target.unsqueeze(0))
      return [output.squeeze(0), output.neg().mean()]
    }
    return this.#batch(input, target)
  }

  #batch(input: Tensor, target: Tensor): [Tensor, Tensor] {
    const size = target.shape[0] as number
    const output = input.newZeros([size])
    const columns = target.newEmpty([size])
    let used = 0
    for (const [i, end] of this.cutoffs.entries()) {
      const start = i === 0 ? 0 : this.cutoffs[i - 1]!
      const inside = target.ge(start).logicalAnd(target.lt(end))
      const rows = inside.nonzero().squeeze(1)
      if (rows.numel() === 0) continue
      used += rows.numel()
      const classes = target.maskedSelect(inside)
      if (i === 0) {
        columns.indexCopy_(0, rows, classes)
        continue
      }
      const logits = (this.tail[i - 1] as Sequential)(input.indexSelect(0, rows))
      const column = classes.sub(start).unsqueeze(1)
      output.indexCopy_(0, rows, logSoftmax(logits, 1).gather(1, column).squeeze(1))
      columns.indexFill_(0, rows, this.#shortlist + i - 1)
    }
    if (used !== size) throw rangeError('target', `classes from 0 to ${this.nClasses - 1}`, target)
    const heads = logSoftmax(this.head(input), 1).gather(1, columns.unsqueeze(1))
    output.add_(heads.squeeze(1))
    return [output, output.neg().mean()]
  }

  /** Log probabilities of all classes: input `[N, inFeatures]`, output `[N, nClasses]`. */
  logProb(input: Tensor): Tensor {
    return this.#all(tensorArgument('input', input), this.head(input))
  }

  #all(input: Tensor, headOutput: Tensor): Tensor {
    const heads = logSoftmax(headOutput, 1)
    const short = this.#shortlist
    const clusters = [...this.tail].map((projection, i) =>
      logSoftmax(projection(input), 1).add(heads.select(1, short + i).unsqueeze(1))
    )
    return cat([heads.narrow(1, 0, short), ...clusters], 1)
  }

  /** The most likely class of each sample: input `[N, inFeatures]`, output `[N]`, int64. */
  predict(input: Tensor): Tensor {
    return this.logProb(input).argmax(1)
  }
}

function ascendingCutoffs(cutoffs: readonly number[], nClasses: number): readonly number[] {
  if (!Array.isArray(cutoffs) || cutoffs.length === 0) {
    throw rangeError('cutoffs', 'a list of at least one class number', cutoffs)
  }
  for (const [i, cutoff] of cutoffs.entries()) {
    integer(`cutoffs[${i}]`, cutoff, i === 0 ? 1 : cutoffs[i - 1] + 1, nClasses - 1)
  }
  return cutoffs
}

function checkShapes(input: Tensor, target: Tensor): void {
  const [shape, targets] = [tensorArgument('input', input).shape, tensorArgument('target', target)]
  if (targets.ndim > 1) throw rangeError('target', '0 or 1 dimensions', targets.ndim)
  if (shape.length !== targets.ndim + 1) {
    throw rangeError('input', `${targets.ndim + 1} dimensions, one more than target`, shape.length)
  }
  if (targets.ndim === 1 && shape[0] !== targets.shape[0]) {
    throw rangeError('target', `${shape[0]} classes, one for each sample`, targets.shape[0])
  }
}
