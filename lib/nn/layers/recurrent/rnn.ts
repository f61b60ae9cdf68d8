/**
 * The plain recurrent layer.
 */
import { oneOf } from '../../../check'
import type { Tensor } from '../../../tensor'
import type { PackedSequence } from '../../utils/rnn'
import {
  kind,
  type RecurrentArguments,
  type RecurrentOptions,
  recurrentOptions,
  RNNBase
} from './recurrent'

export interface RNNOptions extends RecurrentOptions {
  /** Default `'tanh'`. */
  nonlinearity?: 'tanh' | 'relu'
}

export interface RNN {
  /** The output is packed where the input is. */
  <T extends Tensor | PackedSequence>(input: T, hx?: Tensor | null): [output: T, hn: Tensor]
}

const kinds = { tanh: kind(1, 'rnn_tanh'), relu: kind(1, 'rnn_relu') }

/**
 * h_t = tanh(x_t W_ih^T + b_ih + h_{t-1} W_hh^T + b_hh), or relu in tanh's place.
 *
 * Input `[L, N, inputSize]`, with `batchFirst` `[N, L, inputSize]`, unbatched `[L, inputSize]`, or a
 * `PackedSequence`. `hx` `[numLayers * D, N, hiddenSize]`, D 2 where bidirectional, else 1; zeros
 * unless given. Returns `[output, hn]`: output `[L, N, D * hiddenSize]`, hn of hx's shape.
 *
 * Weights `weight_ih_l0` `[hiddenSize, inputSize]`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, and so
 * on for each layer, `..._reverse` for the way back; first drawn from U(-k, k), k = 1 / sqrt(hiddenSize).
 * @throws RangeError for sizes below 1, a dropout outside 0 to 1, inputs and states of other shapes
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is callable
export class RNN extends RNNBase {
  readonly nonlinearity: 'tanh' | 'relu'

  constructor(inputSize: number, hiddenSize: number, ...rest: RecurrentArguments<RNNOptions>) {
    const given = recurrentOptions<RNNOptions>('RNN', rest, ['nonlinearity'])
    const { nonlinearity = 'tanh' } = given
    oneOf('nonlinearity', nonlinearity, ['tanh', 'relu'])
    super(kinds[nonlinearity].gates, inputSize, hiddenSize, given)
    this.nonlinearity = nonlinearity
  }

  override forward<T extends Tensor | PackedSequence>(
    input: T,
    hx: Tensor | null = null
  ): [output: T, hn: Tensor] {
    const [output, [hn]] = this.recur(kinds[this.nonlinearity], input, hx === null ? null : [hx])
    return [output, hn as Tensor]
  }
}
