/**
 * torch.nn
 */
export * as functional from './functional'
export * as init from './init'
export * from './layers'
export * from './loss'
export { Module } from './module'
export { Parameter } from './parameter'
export { Sequential } from './sequential'
export * as utils from './utils'
