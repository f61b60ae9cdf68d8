/**
 * Weights as a length times a direction.
 */
import { integer, options as checkOptions } from '../../check'
import { noGrad } from '../../modes'
import type { Tensor } from '../../tensor'
import { operator } from '../define'
import type { Module } from '../module'
import { deleteMember, setComputed, settleParameter } from '../module/members'
import { Parameter } from '../parameter'
import {
  type Recipe,
  checkModule,
  forget,
  keepComputed,
  ownParameter,
  refuseComputed,
  tensorOf
} from './computed_weight'

const combine = operator('_weight_norm')
const normExceptDim = operator('norm_except_dim')

export interface WeightNormOptions {
  /** The dimension that has a length for each of its entries; null for one length of all. Default 0. */
  dim?: number | null
}

class WeightNorm implements Recipe {
  readonly kind = 'weightNorm'

  constructor(
    readonly name: string,
    readonly dim: number
  ) {}

  compute(module: Module): Tensor {
    const { name, dim } = this
    return combine(tensorOf(module, `${name}_v`), tensorOf(module, `${name}_g`), dim)
  }
}

/**
 * Splits a weight into the parameters `NAME_g`, its length, and `NAME_v`, its direction:
 * w = g v / ||v||, computed before every forward.
 * @param name default `'weight'`
 * @returns the module
 * @throws TypeError where the module has no such parameter
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.weight_norm.html
 */
export function weightNorm<M extends Module>(
  module: M,
  name = 'weight',
  options?: WeightNormOptions
): M {
  checkModule('weightNorm', module)
  const { dim = 0 } = checkOptions<WeightNormOptions>('weightNorm', options, ['dim'])
  refuseComputed('weightNorm', module, name)
  const weight = ownParameter('weightNorm', module, name)
  const { ndim } = weight
  const wanted = dim === null ? -1 : integer('dim', dim, -ndim, ndim - 1)
  const recipe = new WeightNorm(name, wanted)
  const length = noGrad(() => normExceptDim(weight, 2, wanted))
  module.registerParameter(`${name}_g`, Parameter(length))
  module.registerParameter(`${name}_v`, Parameter(weight))
  setComputed(module, name, recipe.compute(module))
  keepComputed(module, name, recipe)
  return module
}

/**
 * Makes the weight that `weightNorm` computes a parameter again.
 * @returns the module
 * @throws TypeError where weightNorm does not compute it
 */
export function removeWeightNorm<M extends Module>(module: M, name = 'weight'): M {
  checkModule('removeWeightNorm', module)
  const recipe = forget(module, name, WeightNorm)
  if (!recipe) throw notComputed('removeWeightNorm', 'weightNorm', module, name)
  const weight = noGrad(() => recipe.compute(module))
  deleteMember(module, `${name}_g`)
  deleteMember(module, `${name}_v`)
  settleParameter(module, name, Parameter(weight))
  return module
}

/** The error for removing what is not there. */
export function notComputed(caller: string, by: string, module: Module, name: string): TypeError {
  return new TypeError(
    `${caller}: expected a weight that ${by} computes, got '${name}' of ${module.constructor.name}`
  )
}
