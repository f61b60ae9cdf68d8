/**
 * Optimizer state in the layout and with the names of Python's `state_dict()`.
 */
import { typeError } from '../check'
import { snakeCase } from '../names'
import { isTensor, type Tensor } from '../tensor'
import { optionsOf, type ParamGroup } from './groups'
import type { OptionTable } from './options'

/** What is kept for a parameter under one name. LBFGS has lists. */
export type StateValue = Tensor | number | null | StateValue[]
/** What is kept for a parameter, by Python's names. */
export type Kept = Record<string, StateValue>

export interface OptimizerState {
  /** What is kept for a parameter, by its number over all groups. */
  state: Record<string, Kept>
  /** Options by Python's names, and the numbers of the group's parameters. */
  param_groups: ({ params: number[] } & Record<string, unknown>)[]
}

/** A tensor or number that an optimizer keeps for a parameter. */
export interface StateKind<Options> {
  /** One like the parameter, or a single number. */
  shape: 'parameter' | 'scalar'
  /** Whether Python has a plain integer there. */
  isInteger?: boolean
  /** Whether it is kept under these options; always, unless given. */
  when?: (options: Required<Options>) => boolean
}

export function packState<Options>(
  groups: readonly ParamGroup<Options>[],
  table: OptionTable<Options>,
  pythonKeys: Record<string, unknown>,
  kept: ReadonlyMap<Tensor, Kept>
): OptimizerState {
  const result: OptimizerState = { state: {}, param_groups: [] }
  let number = 0
  for (const group of groups) {
    const params = group.params.map((parameter) => {
      const its = kept.get(parameter)
      if (its) result.state[number] = { ...its }
      return number++
    })
    result.param_groups.push({ ...packOptions(group, table, pythonKeys), params })
  }
  return result
}

/** A group's options by Python's names. */
export function packOptions<Options>(
  group: ParamGroup<Options>,
  table: OptionTable<Options>,
  pythonKeys: Record<string, unknown>
): Record<string, unknown> {
  const packed: Record<string, unknown> = {}
  for (const [name] of optionsOf(table)) {
    const value = (group as Record<string, unknown>)[name]
    if (value !== undefined) packed[snakeCase(name)] = Array.isArray(value) ? [...value] : value
  }
  return { ...packed, ...pythonKeys }
}

/** Throws unless `state` has the layout, with groups of as many parameters as `groups`. */
export function checkLayout(
  state: OptimizerState,
  groups: readonly { readonly params: readonly Tensor[] }[]
): void {
  const complete =
    state?.state &&
    Array.isArray(state.param_groups) &&
    state.param_groups.every((group) => Array.isArray(group?.params))
  if (!complete)
    throw typeError(
      'state',
      'an object { state, param_groups }',
      state,
      'pass the result of stateDict()'
    )
  const [wanted, got] = [groups, state.param_groups].map((list) =>
    list.map(({ params }) => params.length).join(', ')
  )
  if (wanted !== got) throw typeError('state', `groups of ${wanted} parameters`, got)
}

/** The options that a saved group has, checked. */
export function unpackOptions<Options>(
  saved: Record<string, unknown>,
  table: OptionTable<Options>
): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const [name, { check }] of optionsOf(table)) {
    const value = saved[snakeCase(name)]
    if (value !== undefined) found[name] = check(name, value)
  }
  return found
}

/**
 * What was saved for `parameter`, copied to its device and dtype. As in Python, `step` keeps its own.
 * @throws TypeError where something is missing or of another shape
 */
export function unpackKept<Options>(
  parameter: Tensor,
  saved: Kept,
  kinds: Record<string, StateKind<Options>>,
  options: Required<Options>
): Kept {
  const kept: Kept = {}
  for (const [name, { shape, when }] of Object.entries(kinds)) {
    const value = saved[name] ?? null
    const wanted = shape === 'parameter' ? `a tensor of shape [${parameter.shape}]` : 'a number'
    if (value === null) {
      if (when?.(options) ?? true)
        throw typeError(`state.${name}`, wanted, saved[name], 'load a state of the same optimizer')
    } else if (shape === 'scalar' && typeof value === 'number') {
      kept[name] = value
    } else if (isTensor(value) && fits(value, parameter, shape)) {
      kept[name] =
        shape === 'scalar' ? scalarFor(parameter, name, value) : copyFor(parameter, value)
    } else {
      throw typeError(`state.${name}`, wanted, value)
    }
  }
  return kept
}

function fits(value: Tensor, parameter: Tensor, shape: 'parameter' | 'scalar'): boolean {
  return shape === 'scalar' ? value.numel() === 1 : String(value.shape) === String(parameter.shape)
}

/** As in Python, `step` keeps its dtype, and others do beside complex parameters. */
function scalarFor(parameter: Tensor, name: string, value: Tensor): StateValue {
  if (name === 'step') return value.item()
  return parameter.dtype.startsWith('complex') ? value : copyFor(parameter, value)
}

/** A copy of `value` that autograd knows nothing of, on the parameter's device and of its dtype. */
export function copyFor(parameter: Tensor, value: Tensor): Tensor {
  return value.detach().clone().to({ device: parameter.device, dtype: parameter.dtype })
}
