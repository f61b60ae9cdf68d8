/**
 * The layer of gated recurrent units.
 */
import type { Tensor } from '../../../tensor'
import type { PackedSequence } from '../../utils/rnn'
import {
  kind,
  type RecurrentArguments,
  type RecurrentOptions,
  recurrentOptions,
  RNNBase
} from './recurrent'

export interface GRU {
  /** The output is packed where the input is. */
  <T extends Tensor | PackedSequence>(input: T, hx?: Tensor | null): [output: T, hn: Tensor]
}

const gru = kind(3, 'gru')

/**
 * r = sigmoid(W_ir x + b_ir + W_hr h + b_hr), z likewise, n = tanh(W_in x + b_in + r (W_hn h + b_hn)),
 * h' = (1 - z) n + z h.
 *
 * Inputs, outputs, states and names as those of RNN; the weights have 3 * hiddenSize rows: r, z, n.
 * @throws RangeError for sizes below 1, a dropout outside 0 to 1, inputs and states of other shapes
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is callable
export class GRU extends RNNBase {
  constructor(
    inputSize: number,
    hiddenSize: number,
    ...rest: RecurrentArguments<RecurrentOptions>
  ) {
    super(gru.gates, inputSize, hiddenSize, recurrentOptions('GRU', rest))
  }

  override forward<T extends Tensor | PackedSequence>(
    input: T,
    hx: Tensor | null = null
  ): [output: T, hn: Tensor] {
    const [output, [hn]] = this.recur(gru, input, hx === null ? null : [hx])
    return [output, hn as Tensor]
  }
}
