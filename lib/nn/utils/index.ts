/**
 * torch.nn.utils
 */
export type { NeuronOptions } from './neurons'
export * as rnn from './rnn'
export { type WidenOptions, pruneNeurons, widen } from './widen'
