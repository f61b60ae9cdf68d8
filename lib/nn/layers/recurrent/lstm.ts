/**
 * The layer of long short-term memory.
 */
import { typeError } from '../../../check'
import type { Tensor } from '../../../tensor'
import type { PackedSequence } from '../../utils/rnn'
import {
  kind,
  type RecurrentArguments,
  type RecurrentOptions,
  recurrentOptions,
  RNNBase
} from './recurrent'

export interface LSTMOptions extends RecurrentOptions {
  /** Width to which the output is projected, below hiddenSize. Default 0: it is not. */
  projSize?: number
}

/** Hidden and cell state. */
export type LSTMState = [h: Tensor, c: Tensor]

/** `value` as a pair of states, or null. */
export function statePair(value: unknown): readonly unknown[] | null {
  if (value === null) return null
  if (Array.isArray(value) && value.length === 2) return value
  throw typeError('hx', 'an array of two tensors [h, c]', value)
}

export interface LSTM {
  /** The output is packed where the input is. */
  <T extends Tensor | PackedSequence>(
    input: T,
    hx?: readonly [Tensor, Tensor] | null
  ): [output: T, state: LSTMState]
}

const lstm = kind(4, 'lstm')

/**
 * i, f, o = sigmoid(W_i. x + b_i. + W_h. h + b_h.), g = tanh of the like, c' = f c + i g,
 * h' = o tanh(c'); with `projSize` h' = W_hr (o tanh(c')).
 *
 * Inputs and names as those of RNN; the weights have 4 * hiddenSize rows: i, f, g, o. `hx` is
 * `[h0, c0]`: h0 `[numLayers * D, N, projSize || hiddenSize]`, c0 `[numLayers * D, N, hiddenSize]`,
 * zeros unless given. Returns `[output, [hn, cn]]`. With `projSize` there is a `weight_hr_l0`
 * `[projSize, hiddenSize]`, and so on.
 * @throws RangeError for sizes below 1, a projSize not below hiddenSize, a dropout outside 0 to 1,
 * inputs and states of other shapes; TypeError for an `hx` that is no pair
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is callable
export class LSTM extends RNNBase {
  constructor(inputSize: number, hiddenSize: number, ...rest: RecurrentArguments<LSTMOptions>) {
    const given = recurrentOptions<LSTMOptions>('LSTM', rest, ['projSize'])
    super(lstm.gates, inputSize, hiddenSize, given, given.projSize)
  }

  protected override stateWidths(): number[] {
    return [this.projSize || this.hiddenSize, this.hiddenSize]
  }

  override forward<T extends Tensor | PackedSequence>(
    input: T,
    hx: readonly [Tensor, Tensor] | null = null
  ): [output: T, state: LSTMState] {
    const [output, state] = this.recur(lstm, input, statePair(hx))
    return [output, state as LSTMState]
  }
}
