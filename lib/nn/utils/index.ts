/**
 * torch.nn.utils
 */
export type { NeuronOptions } from './neurons'
export { type WidenOptions, pruneNeurons, widen } from './widen'
