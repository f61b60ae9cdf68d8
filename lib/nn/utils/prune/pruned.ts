/**
 * Pruned weights: the parameter `NAME_orig` times the buffer `NAME_mask`, before every forward.
 */
import { options as checkOptions, rangeError, typeError } from '../../../check'
import { noGrad } from '../../../modes'
import { refuse } from '../../../compile/tape'
import { native } from '../../../native'
import { type Tensor, tensorArgument } from '../../../tensor'
import { operator } from '../../define'
import type { Module } from '../../module'
import { deleteMember, setComputed, settleParameter } from '../../module/members'
import {
  type Recipe,
  checkModule,
  forget,
  keepComputed,
  ownParameter,
  recipeOf,
  recipesOf,
  refuseComputed,
  tensorOf
} from '../computed_weight'
import { notComputed } from '../weight_norm'
import { PruningMethod } from './methods'

const onesLike = operator('ones_like')

class Pruned implements Recipe {
  readonly kind = 'prune'

  constructor(readonly name: string) {}

  compute(module: Module): Tensor {
    const orig = tensorOf(module, `${this.name}_orig`)
    return tensorOf(module, `${this.name}_mask`).to({ dtype: orig.dtype }).mul(orig)
  }
}

export interface ScoreOptions {
  /** How important each weight is, of its shape. Default: the weights themselves. */
  importanceScores?: Tensor | null
}

/** The weight `name`, pruned or not. */
export function weightOf(caller: string, module: Module, name: string): Tensor {
  checkModule(caller, module)
  return recipeOf(module, name) instanceof Pruned
    ? tensorOf(module, name)
    : ownParameter(caller, module, name)
}

/** The mask of the weight `name`, of its shape: ones where it is not pruned. */
export function maskOf(module: Module, name: string, weight: Tensor): Tensor {
  const isPruned = recipeOf(module, name) instanceof Pruned
  return isPruned ? tensorOf(module, `${name}_mask`).detach() : onesLike(weight)
}

/**
 * Prunes the parameter `name` by a method, on top of what is pruned already.
 * @returns the module
 * @throws TypeError where the module has no such parameter; RangeError where more is to be pruned than
 * there is. Nothing is changed then.
 */
export function apply<M extends Module>(
  module: M,
  name: string,
  method: PruningMethod,
  options?: ScoreOptions
): M {
  if (!(method instanceof PruningMethod)) {
    throw typeError('apply: method', 'a prune.PruningMethod', method, 'extend that class')
  }
  return applyAs('apply', module, name, () => method, options)
}

/** As `apply`, with the name of what the user called. */
export function applyAs<M extends Module>(
  caller: string,
  module: M,
  name: string,
  makeMethod: () => PruningMethod,
  options?: ScoreOptions
): M {
  refuse(`prune.${caller}()`, 'call it between two steps')
  checkModule(caller, module)
  const { importanceScores } = checkOptions<ScoreOptions>(caller, options, ['importanceScores'])
  const recipe = recipeOf(module, name)
  const isPruned = recipe instanceof Pruned
  if (!isPruned) refuseComputed(caller, module, name)
  const weight = weightOf(caller, module, name)
  const scores = scoresFor(weight, importanceScores)
  const method = makeMethod()
  const mask = noGrad(() => {
    const before = maskOf(module, name, weight)
    return isPruned ? method.combinedMask(scores, before) : method.computeMask(scores, before)
  })
  if (!isPruned) module.registerParameter(`${name}_orig`, weight)
  module.registerBuffer(`${name}_mask`, mask)
  const pruned = isPruned ? recipe : new Pruned(name)
  setComputed(module, name, pruned.compute(module))
  keepComputed(module, name, pruned)
  return module
}

function scoresFor(weight: Tensor, scores: Tensor | null | undefined): Tensor {
  if (scores === undefined || scores === null) return weight.detach()
  const [wanted, got] = [weight.shape, tensorArgument('importanceScores', scores).shape]
  if (wanted.join() !== got.join()) {
    throw rangeError('importanceScores', `shape [${wanted}]`, `[${got}]`)
  }
  return scores.detach()
}

/**
 * Makes a pruned weight a parameter again, zeros and all: what was `NAME_orig`, and the optimizer's.
 * @returns the module
 * @throws TypeError where it is not pruned
 */
export function remove<M extends Module>(module: M, name: string): M {
  refuse('prune.remove()', 'call it between two steps')
  checkModule('remove', module)
  const recipe = forget(module, name, Pruned)
  if (!recipe) throw notComputed('remove', 'pruning', module, name)
  const orig = tensorOf(module, `${name}_orig`)
  noGrad(() => native.setData(orig, recipe.compute(module)))
  deleteMember(module, `${name}_orig`)
  deleteMember(module, `${name}_mask`)
  settleParameter(module, name, orig)
  return module
}

/** Whether a weight of `module`, or of a module below it, is pruned. */
export function isPruned(module: Module): boolean {
  checkModule('isPruned', module)
  return module.modules().some((each) => recipesOf(each).some((recipe) => recipe instanceof Pruned))
}
