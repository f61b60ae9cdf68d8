/**
 * What compare() runs a method with: the one place where the two meet.
 */
export { type TrainOptimizer, type TrainOptions, type TrainRun, train } from '../train'
