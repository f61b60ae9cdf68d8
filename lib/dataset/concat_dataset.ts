/**
 * Datasets one after the other.
 */
import { rangeError, typeError } from '../check'
import { type Dataset, indexIn, mapDataset } from './dataset'

/**
 * The samples of all `datasets`, in their order.
 * @throws TypeError for a stream, RangeError for no dataset at all
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.ConcatDataset
 */
export class ConcatDataset<Sample = unknown> implements Dataset<Sample> {
  readonly datasets: readonly Dataset<Sample>[]
  /** How many samples there are up to the end of each dataset. */
  readonly cumulativeSizes: readonly number[]

  constructor(datasets: readonly (Dataset<Sample> | readonly Sample[])[]) {
    if (!Array.isArray(datasets)) throw typeError('datasets', 'an array of datasets', datasets)
    if (datasets.length === 0) throw rangeError('datasets', 'at least one dataset', datasets)
    this.datasets = datasets.map((one, i) => mapDataset(`datasets[${i}]`, one) as Dataset<Sample>)
    let sum = 0
    this.cumulativeSizes = this.datasets.map(({ length }) => (sum += length))
  }

  get length(): number {
    return this.cumulativeSizes[this.cumulativeSizes.length - 1] as number
  }

  get(index: number): Sample | Promise<Sample> {
    const at = indexIn('index', index, this.length)
    const which = this.cumulativeSizes.findIndex((end) => at < end)
    const before = which === 0 ? 0 : (this.cumulativeSizes[which - 1] as number)
    return (this.datasets[which] as Dataset<Sample>).get(at - before)
  }
}
