/**
 * Layers over sequences, a step after the other.
 * Source: https://pytorch.org/docs/stable/nn.html#recurrent-layers
 */
export type { CellOptions } from './cell'
export { GRU } from './gru'
export { GRUCell } from './gru_cell'
export { LSTM, type LSTMOptions, type LSTMState } from './lstm'
export { LSTMCell } from './lstm_cell'
export type { RecurrentOptions } from './recurrent'
export { RNN, type RNNOptions } from './rnn'
export { RNNCell, type RNNCellOptions } from './rnn_cell'
