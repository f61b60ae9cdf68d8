/**
 * torch.utils.data
 */
export { BatchSampler, type IndexBatches } from './batch_sampler'
export { type Collated, defaultCollate, defaultConvert } from './collate'
export { ConcatDataset } from './concat_dataset'
export { DataLoader } from './data_loader'
export type { DataSource, Dataset } from './dataset'
export type { AsyncLoaderIterator, LoaderIterator } from './loader_iterator'
export type { DataLoaderOptions } from './loader_options'
export type { DataLoaderState } from './loader_state'
export type { ModuleReference } from './module_reference'
export {
  RandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
  type WeightedRandomSamplerOptions
} from './samplers'
export { Subset, randomSplit } from './subset'
export { TensorDataset } from './tensor_dataset'
export { type WorkerInfo, getWorkerInfo } from './worker_info'
