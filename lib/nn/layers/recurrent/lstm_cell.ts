/**
 * One step of a layer of long short-term memory.
 */
import type { Tensor } from '../../../tensor'
import { operator } from '../../define'
import { type CellOptions, cellOptions, RNNCellBase } from './cell'
import { type LSTMState, statePair } from './lstm'

const step = operator<(...args: unknown[]) => Tensor[]>('lstm_cell')

/**
 * One step of LSTM. Input `[N, inputSize]` or `[inputSize]`, `hx` `[h, c]`, each `[N, hiddenSize]` or
 * `[hiddenSize]`, zeros unless given; returns `[h', c']`. The weights have 4 * hiddenSize rows.
 * @throws RangeError for sizes below 1, inputs and states of other shapes; TypeError for an `hx` that
 * is no pair
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
 */
export class LSTMCell extends RNNCellBase {
  constructor(inputSize: number, hiddenSize: number, options?: CellOptions) {
    super(4, inputSize, hiddenSize, cellOptions('LSTMCell', options))
  }

  override forward(input: Tensor, hx: readonly [Tensor, Tensor] | null = null): LSTMState {
    const run = (rows: Tensor, states: Tensor[], weights: (Tensor | null)[]) =>
      step(rows, states, ...weights)
    return this.advance(run, input, statePair(hx), 2) as LSTMState
  }
}
