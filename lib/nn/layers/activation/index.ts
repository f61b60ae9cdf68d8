/**
 * Activations.
 */
export * from './adaptive_softmax'
export * from './bounded'
export * from './rectifiers'
export * from './shrinkage'
export * from './softmax'
