/**
 * One step of a plain recurrent layer.
 */
import { oneOf } from '../../../check'
import type { Tensor } from '../../../tensor'
import { operator } from '../../define'
import { type CellOptions, cellOptions, RNNCellBase } from './cell'

export interface RNNCellOptions extends CellOptions {
  /** Default `'tanh'`. */
  nonlinearity?: 'tanh' | 'relu'
}

const steps = { tanh: operator('rnn_tanh_cell'), relu: operator('rnn_relu_cell') }

/**
 * h' = tanh(x W_ih^T + b_ih + h W_hh^T + b_hh), or relu in tanh's place.
 *
 * Input `[N, inputSize]` or `[inputSize]`, `hx` `[N, hiddenSize]` or `[hiddenSize]`, zeros unless
 * given; returns h' of hx's shape. `weight_ih` `[hiddenSize, inputSize]`, `weight_hh`, `bias_ih` and
 * `bias_hh` (null without bias) are first drawn from U(-k, k) with k = 1 / sqrt(hiddenSize).
 * @throws RangeError for sizes below 1, inputs and states of other shapes
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.RNNCell.html
 */
export class RNNCell extends RNNCellBase {
  readonly nonlinearity: 'tanh' | 'relu'

  constructor(inputSize: number, hiddenSize: number, options?: RNNCellOptions) {
    const given = cellOptions<RNNCellOptions>('RNNCell', options, ['nonlinearity'])
    const { nonlinearity = 'tanh' } = given
    oneOf('nonlinearity', nonlinearity, ['tanh', 'relu'])
    super(1, inputSize, hiddenSize, given)
    this.nonlinearity = nonlinearity
  }

  override forward(input: Tensor, hx: Tensor | null = null): Tensor {
    const step = steps[this.nonlinearity]
    const [made] = this.advance(
      (rows, [h], weights) => [step(rows, h, ...weights)],
      input,
      hx === null ? null : [hx]
    )
    return made as Tensor
  }

  override extraRepr(): string {
    const { nonlinearity } = this
    return super.extraRepr() + (nonlinearity === 'tanh' ? '' : `, nonlinearity=${nonlinearity}`)
  }
}
