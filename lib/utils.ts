/**
 * torch.utils
 */
export * as data from './dataset'
