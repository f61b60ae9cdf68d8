/**
 * torch.nn.utils.prune: weights that are kept at 0 by masks.
 *
 * The parameter NAME becomes `NAME_orig`, the mask the buffer `NAME_mask`, and NAME their product,
 * computed before every forward. An amount is a whole number of weights or channels, or a share
 * between 0 and 1.
 * Source: https://pytorch.org/tutorials/intermediate/pruning_tutorial.html
 */
import { options as checkOptions, typeError } from '../../../check'
import { noGrad } from '../../../modes'
import type { Tensor } from '../../../tensor'
import { operator } from '../../define'
import type { Module } from '../../module'
import { parametersToVector } from '../vector'
import {
  CustomFromMask,
  Identity,
  L1Unstructured,
  LnStructured,
  type PruningMethod,
  RandomStructured,
  RandomUnstructured
} from './methods'
import { type ScoreOptions, applyAs, maskOf, weightOf } from './pruned'

export {
  CustomFromMask,
  Identity,
  L1Unstructured,
  LnStructured,
  PruningMethod,
  type PruningType,
  RandomStructured,
  RandomUnstructured
} from './methods'
export { type ScoreOptions, apply, isPruned, remove } from './pruned'

/** Prunes nothing, but sets everything up for it. */
export function identity<M extends Module>(module: M, name: string): M {
  return applyAs('identity', module, name, () => new Identity())
}

/** Prunes `amount` random weights. */
export function randomUnstructured<M extends Module>(module: M, name: string, amount: number): M {
  return applyAs('randomUnstructured', module, name, () => new RandomUnstructured(amount))
}

/** Prunes the `amount` weights of least magnitude, or of least score. */
export function l1Unstructured<M extends Module>(
  module: M,
  name: string,
  amount: number,
  options?: ScoreOptions
): M {
  return applyAs('l1Unstructured', module, name, () => new L1Unstructured(amount), options)
}

/** Prunes `amount` random channels along `dim`. */
export function randomStructured<M extends Module>(
  module: M,
  name: string,
  amount: number,
  dim: number
): M {
  return applyAs('randomStructured', module, name, () => new RandomStructured(amount, dim))
}

/** Prunes the `amount` channels along `dim` whose L`n` norm, or that of their scores, is least. */
export function lnStructured<M extends Module>(
  module: M,
  name: string,
  amount: number,
  n: number,
  dim: number,
  options?: ScoreOptions
): M {
  return applyAs('lnStructured', module, name, () => new LnStructured(amount, n, dim), options)
}

/** Prunes what `mask` says: 0 and 1, of the weights' shape. */
export function customFromMask<M extends Module>(module: M, name: string, mask: Tensor): M {
  return applyAs('customFromMask', module, name, () => new CustomFromMask(mask))
}

export interface GlobalOptions {
  /** How much of all weights together. */
  amount: number
  /** Scores for each of the weights, null for the weights themselves. Default null for all. */
  importanceScores?: readonly (Tensor | null)[]
}

const viewAs = operator('view_as')

const isList = (value: readonly unknown[]): boolean =>
  Array.isArray(value) && value.every((pair) => Array.isArray(pair))

type Place = readonly [module: Module, name: string]

/**
 * Prunes several weights as if they were one: `amount` of all of them together.
 * @param parameters modules and the names of their weights: `[[net.hidden, 'weight'], ...]`
 * @param pruningMethod `prune.L1Unstructured`, `prune.RandomUnstructured`, or a class of that kind
 * @throws TypeError for a method that prunes whole channels
 */
export function globalUnstructured(
  parameters: readonly Place[],
  pruningMethod: new (amount: number) => PruningMethod,
  options: GlobalOptions
): void {
  const { amount, importanceScores } = checkOptions<GlobalOptions>('globalUnstructured', options, [
    'amount',
    'importanceScores'
  ])
  if (!isList(parameters)) throw typeError('parameters', 'an array of [module, name]', parameters)
  if (typeof pruningMethod !== 'function') {
    throw typeError('pruningMethod', 'a class such as prune.L1Unstructured', pruningMethod)
  }
  const method = new pruningMethod(amount)
  if (method.type !== 'unstructured') {
    throw typeError('pruningMethod', 'one that prunes single weights', pruningMethod)
  }
  const weights = parameters.map(([module, name]) => weightOf('globalUnstructured', module, name))
  noGrad(() => {
    const scores = weights.map((weight, i) => importanceScores?.[i] ?? weight)
    const masks = parameters.map(([module, name], i) => maskOf(module, name, weights[i] as Tensor))
    const mask = method.combinedMask(parametersToVector(scores), parametersToVector(masks))
    return mask.split(weights.map((weight) => weight.numel()))
  }).forEach((part, i) => {
    const [module, name] = parameters[i] as Place
    customFromMask(module, name, viewAs(part, weights[i] as Tensor))
  })
}
