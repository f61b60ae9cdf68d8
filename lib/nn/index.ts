/**
 * torch.nn
 */
export { ReLU, type ReLUOptions } from './activation'
export * as functional from './functional'
export * as init from './init'
export { Linear, type LinearOptions } from './linear'
export * from './layers/recurrent'
export * from './layers/transformer'
export { type LossOptions, MSELoss, type Reduction } from './loss'
export { Module } from './module'
export { Parameter } from './parameter'
export { Sequential } from './sequential'
export * as utils from './utils'
