/**
 * torch.nn.functional
 * Source: https://pytorch.org/docs/stable/nn.functional.html
 */
export type { Size } from '../define'
export * from './activation'
export * from './classification_loss'
export * from './convolution'
export * from './ctc_loss'
export * from './distance'
export * from './dropout'
export * from './embedding'
export * from './fractional_pooling'
export * from './interpolate'
export * from './linear'
export * from './max_pooling'
export * from './normalization'
export * from './plain_activation'
export * from './pooling'
export * from './ranking_loss'
export * from './regression_loss'
export * from './softmax'
export * from './unpooling'
export * from './vision'
