/**
 * One step of a layer of gated recurrent units.
 */
import type { Tensor } from '../../../tensor'
import { operator } from '../../define'
import { type CellOptions, cellOptions, RNNCellBase } from './cell'

const step = operator('gru_cell')

/**
 * One step of GRU. Inputs, states and names as those of RNNCell; the weights have 3 * hiddenSize rows.
 * @throws RangeError for sizes below 1, inputs and states of other shapes
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
 */
export class GRUCell extends RNNCellBase {
  constructor(inputSize: number, hiddenSize: number, options?: CellOptions) {
    super(3, inputSize, hiddenSize, cellOptions('GRUCell', options))
  }

  override forward(input: Tensor, hx: Tensor | null = null): Tensor {
    const [made] = this.advance(
      (rows, [h], weights) => [step(rows, h, ...weights)],
      input,
      hx === null ? null : [hx]
    )
    return made as Tensor
  }
}
