/**
 * Parts of datasets.
 */
import { finite, integer, options as checkOptions, rangeError, typeError } from '../check'
import type { Generator } from '../generator'
import { randperm } from '../random'
import {
  type Dataset,
  type Gathered,
  gathered,
  indexIn,
  indexList,
  mapDataset,
  sourceOf
} from './dataset'
import { generatorArgument } from './draws'

/**
 * The samples of `dataset` at `indices`, in that order.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.Subset
 */
export class Subset<Sample = unknown> implements Dataset<Sample> {
  readonly dataset: Dataset<Sample>
  readonly indices: readonly number[]
  readonly #rows: Gathered | null
  #chosen: Gathered | null = null

  /** @throws RangeError for an index that `dataset` does not have */
  constructor(dataset: Dataset<Sample> | readonly Sample[], indices: readonly number[]) {
    const source = sourceOf('dataset', dataset)
    this.dataset = mapDataset('dataset', dataset) as Dataset<Sample>
    this.#rows = source.kind === 'map' ? source.rows : null
    this.indices = indexList('indices', indices, this.dataset.length)
  }

  get length(): number {
    return this.indices.length
  }

  get(index: number): Sample | Promise<Sample> {
    return this.dataset.get(this.indices[indexIn('index', index, this.length)] as number)
  }

  /** @internal */
  get [gathered](): Gathered | null {
    if (!this.#rows || this.get !== Subset.prototype.get || 'getItems' in this) return null
    this.#chosen ??= { ...this.#rows, rows: chosenRows(this.#rows.rows, this.indices) }
    return this.#chosen
  }
}

/** A subset of a subset is one of the whole. */
function chosenRows(rows: BigInt64Array | null, indices: readonly number[]): BigInt64Array {
  return BigInt64Array.from(indices, (index) => (rows ? (rows[index] as bigint) : BigInt(index)))
}

/**
 * `dataset` in parts that share no sample, drawn at random.
 * @param lengths how many samples each part has; or fractions whose sum is 1, where what is left
 * over by rounding down goes to the first parts, one each
 * @param options.generator draws instead of the default one
 * @throws RangeError where the lengths' sum is not the dataset's length
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.random_split
 */
export function randomSplit<Sample>(
  dataset: Dataset<Sample> | readonly Sample[],
  lengths: readonly number[],
  options?: { generator?: Generator }
): Subset<Sample>[] {
  const { length } = mapDataset('dataset', dataset)
  const given = checkOptions<{ generator?: Generator }>('randomSplit', options, ['generator'])
  const generator = generatorArgument('generator', given.generator)
  if (!Array.isArray(lengths)) throw typeError('lengths', 'an array of lengths', lengths)
  const counts = countsOf(lengths, length)
  const order = randperm(length, { generator }).tolist() as number[]
  let from = 0
  return counts.map((count) => new Subset(dataset, order.slice(from, (from += count))))
}

function countsOf(lengths: readonly number[], length: number): number[] {
  const sum = lengths.reduce((total, one, i) => total + finite(`lengths[${i}]`, one, 0), 0)
  if (Math.abs(sum - 1) <= 1e-9) {
    const counts = lengths.map((fraction) => Math.floor(length * fraction))
    const left = length - counts.reduce((total, one) => total + one, 0)
    for (let i = 0; i < left; i++) (counts[i % counts.length] as number)++
    return counts
  }
  if (sum !== length)
    throw rangeError('lengths', `lengths whose sum is ${length}, or fractions whose sum is 1`, sum)
  return lengths.map((one, i) => integer(`lengths[${i}]`, one))
}
