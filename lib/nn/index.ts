/**
 * torch.nn
 */
export { ReLU, type ReLUOptions } from './activation'
export { PairwiseDistance, type PairwiseDistanceOptions } from './distance'
export * as functional from './functional'
export * as init from './init'
export { Linear, type LinearOptions } from './linear'
export * from './loss'
export { Module } from './module'
export { Parameter } from './parameter'
export { Sequential } from './sequential'
