/**
 * Layers.
 */
export * from './activation'
export * from './batch_norm'
export * from './dropout'
export * from './embedding'
export type { FactoryOptions } from './factory'
export * from './group_norm'
export * from './instance_norm'
export * from './layer_norm'
export type { RunningNormOptions } from './running_norm'
