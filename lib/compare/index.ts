/**
 * The algorithm layer: which method of optimization is the right one.
 */
import { compareWith } from './compare'
import type { Comparison } from './comparison'
import type { CompareOptions, Method } from './method'
import { train } from './train'

export { Comparison, type MethodResult } from './comparison'
export type { Curve } from './curve'
export type { CompareOptions, CompareProgress, Method } from './method'

/**
 * Trains the same model with several methods, one after the other for fair times: from the same first
 * weights, by the same seed, on the same data. A method has a name, its optimizer, and options of train()
 * of its own (`batchSize: 'full'` is gradient descent, 1 stochastic gradient descent); what all share is in
 * `options`. A method that throws is one that failed; the others run. The default generator is seeded
 * anew for each.
 *
 * The losses that are compared are those over the validation data, where there are any.
 * @throws TypeError, RangeError for wrong arguments; Error where every method failed
 */
export async function compare(
  methods: readonly Method[],
  options: CompareOptions
): Promise<Comparison> {
  return compareWith(train, methods, options)
}
