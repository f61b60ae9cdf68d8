/**
 * What RNNCell, LSTMCell and GRUCell share: the weights of one step.
 */
import { boolean, integer, options as checkOptions, rangeError } from '../../../check'
import { zeros } from '../../../creation'
import { type Tensor, tensorArgument } from '../../../tensor'
import { uniform_ } from '../../init'
import { Module } from '../../module'
import { emptyParameter, type FactoryOptions } from '../factory'

export interface CellOptions extends FactoryOptions {
  /** Whether there are bias vectors. Default true. */
  bias?: boolean
}

export function cellOptions<T extends CellOptions>(
  name: string,
  options: unknown,
  more: readonly string[] = []
): T {
  return checkOptions<T>(name, options, ['bias', ...more, 'device', 'dtype'])
}

export abstract class RNNCellBase extends Module {
  weight_ih: Tensor
  weight_hh: Tensor
  bias_ih: Tensor | null
  bias_hh: Tensor | null
  readonly inputSize: number
  readonly hiddenSize: number
  readonly bias: boolean

  /** @param gates rows of the weights for each hidden unit */
  constructor(gates: number, inputSize: number, hiddenSize: number, given: CellOptions) {
    integer('inputSize', inputSize, 1)
    integer('hiddenSize', hiddenSize, 1)
    const { bias = true, device, dtype } = given
    boolean('bias', bias)
    super()
    this.inputSize = inputSize
    this.hiddenSize = hiddenSize
    this.bias = bias
    const rows = gates * hiddenSize
    const made = (...shape: number[]) => emptyParameter(shape, { device, dtype })
    this.weight_ih = made(rows, inputSize)
    this.weight_hh = made(rows, hiddenSize)
    this.bias_ih = bias ? made(rows) : null
    this.bias_hh = bias ? made(rows) : null
    this.resetParameters()
  }

  /** Draws all weights anew from U(-k, k) with k = 1 / sqrt(hiddenSize). */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize)
    for (const weight of this.parameters()) uniform_(weight, -bound, bound)
  }

  /**
   * Runs `step` on the input and `count` states, which are zeros unless `given`; what has no batch
   * dimension gets one for it.
   */
  protected advance(
    step: (input: Tensor, states: Tensor[], weights: (Tensor | null)[]) => Tensor[],
    input: Tensor,
    given: readonly unknown[] | null,
    count = 1
  ): Tensor[] {
    const { ndim } = tensorArgument('input', input)
    if (ndim !== 1 && ndim !== 2) throw rangeError('input', '1 or 2 dimensions', ndim)
    const isBatched = ndim === 2
    const rows = isBatched ? input : input.unsqueeze(0)
    const { shape, dtype, device } = rows
    if (shape[1] !== this.inputSize) {
      throw rangeError('input', `a last dimension of inputSize = ${this.inputSize}`, shape[1])
    }
    const expected = isBatched ? [shape[0], this.hiddenSize] : [this.hiddenSize]
    const states = Array.from({ length: count }, (_, i) => {
      if (!given) return zeros([shape[0] as number, this.hiddenSize], { dtype, device })
      const name = count === 1 ? 'hx' : `hx[${i}]`
      const state = tensorArgument(name, given[i])
      if (state.shape.join() !== expected.join()) {
        throw rangeError(name, `shape [${expected.join(', ')}]`, `[${state.shape.join(', ')}]`)
      }
      return isBatched ? state : state.unsqueeze(0)
    })
    const weights = [this.weight_ih, this.weight_hh, this.bias_ih, this.bias_hh]
    const made = step(rows, states, weights)
    return isBatched ? made : made.map((one) => one.squeeze(0))
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.bias ? '' : ', bias=False'}`
  }
}
