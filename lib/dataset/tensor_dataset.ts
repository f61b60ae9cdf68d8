/**
 * Rows of tensors as samples.
 */
import { rangeError } from '../check'
import { type Tensor, tensorArgument } from '../tensor'
import { type Dataset, type Gathered, gathered, indexIn } from './dataset'

/**
 * Sample i is row i of each tensor: `[x[i], y[i]]`. A DataLoader gathers a batch of it with one
 * operator a tensor.
 * @throws TypeError where an argument is no tensor; RangeError for none, for one without dimensions,
 * and where the first sizes differ
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.TensorDataset
 */
export class TensorDataset<T extends readonly Tensor[] = Tensor[]> implements Dataset<T> {
  readonly tensors: T

  constructor(...tensors: T) {
    if (tensors.length === 0) throw rangeError('tensors', 'at least one tensor', tensors)
    for (const [i, tensor] of tensors.entries()) {
      const name = `tensors[${i}]`
      const { shape } = tensorArgument(name, tensor)
      if (shape.length === 0)
        throw rangeError(name, 'a first dimension, that of the samples', tensor, 'unsqueeze(0) it')
      const wanted = (tensors[0] as Tensor).shape[0]
      if (shape[0] !== wanted)
        throw rangeError(name, `${wanted} samples, as tensors[0] has`, shape[0], 'slice the longer')
    }
    this.tensors = tensors
  }

  /** The first size of the tensors. */
  get length(): number {
    return (this.tensors[0] as Tensor).shape[0] as number
  }

  /** Row `index` of each tensor, views; from the end where it is negative. */
  get(index: number): T {
    const at = indexIn('index', index, this.length)
    return this.tensors.map((tensor) => tensor.select(0, at)) as unknown as T
  }

  /** @internal */
  get [gathered](): Gathered | null {
    if (this.get !== TensorDataset.prototype.get || 'getItems' in this) return null
    return { tensors: this.tensors, rows: null, isSingle: false }
  }
}
