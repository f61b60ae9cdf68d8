/**
 * Layers put into and taken out of a sequence that is being trained.
 */
import { options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import type { Module } from '../module'

/** What an optimizer offers to follow a model that gains and loses layers. */
export interface GroupedOptimizer {
  readonly paramGroups: readonly { readonly params: readonly Tensor[] }[]
  addParamGroup(group: never): void
  removeParameter(parameter: Tensor): void
}

export interface EditOptions {
  /**
   * The optimizer of the model. It forgets the parameters that are gone, and takes new ones as a group
   * with the options of its first one; what it keeps for the others stays.
   */
  optimizer?: GroupedOptimizer
}

export function editOptions(name: string, options: EditOptions | undefined): EditOptions {
  return checkOptions<EditOptions>(name, options, ['optimizer'])
}

/** Has the optimizer, if there is one, follow a change of the parameters of `model`. */
export function following(model: Module, { optimizer }: EditOptions, change: () => void): void {
  const before = new Set(model.parameters())
  change()
  if (!optimizer) return
  const after = model.parameters()
  const left = new Set(after)
  for (const parameter of before) if (!left.has(parameter)) optimizer.removeParameter(parameter)
  const params = after.filter((parameter) => !before.has(parameter))
  if (params.length === 0) return
  const [first] = optimizer.paramGroups
  optimizer.addParamGroup({ ...first, params } as never)
}
