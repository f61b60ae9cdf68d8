/**
 * Optimizer state in the layout and with the names of Python's `state_dict()`.
 */
import { typeError } from '../check'
import { snakeCase } from '../names'
import type { NativeOptimizer } from '../native'
import { type Tensor, isTensor } from '../tensor'
import type { OptionCheck } from './optimizer'

export interface OptimizerState {
  /** Tensors kept for a parameter, by its number over all groups. */
  state: Record<string, Record<string, Tensor | null>>
  /** Options by Python's names, and the numbers of the group's parameters. */
  param_groups: ({ params: number[] } & Record<string, unknown>)[]
}

type Group = { readonly params: readonly Tensor[] }

export function readState(
  native: NativeOptimizer,
  names: readonly string[],
  groups: readonly Group[]
): OptimizerState {
  const result: OptimizerState = { state: {}, param_groups: [] }
  let number = 0
  for (const group of groups) {
    const options = Object.entries(group).filter(([name]) => name !== 'params')
    const params = group.params.map((parameter) => {
      const kept = names.map((name) => [name, native.getState(parameter, name)] as const)
      if (kept.some(([, tensor]) => tensor)) result.state[number] = Object.fromEntries(kept)
      return number++
    })
    result.param_groups.push({
      ...Object.fromEntries(options.map(([name, value]) => [snakeCase(name), value])),
      params
    })
  }
  return result
}

export function loadState(
  native: NativeOptimizer,
  names: readonly string[],
  groups: readonly Group[],
  checks: Record<string, OptionCheck>,
  state: OptimizerState
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
  const apply: (() => void)[] = []
  for (const [i, group] of groups.entries()) {
    const saved = state.param_groups[i] as OptimizerState['param_groups'][number]
    for (const [name, check] of Object.entries(checks)) {
      const value = saved[snakeCase(name)]
      if (value === undefined) continue
      check(name, value)
      apply.push(() => Object.assign(group, { [name]: value }))
    }
    for (const [j, parameter] of group.params.entries()) {
      for (const [name, tensor] of Object.entries(state.state[String(saved.params[j])] ?? {})) {
        if (tensor === null || !names.includes(name)) continue
        if (!isTensor(tensor) || String(tensor.shape) !== String(parameter.shape)) {
          throw typeError(`state.${name}`, `a tensor of shape [${parameter.shape}]`, tensor)
        }
        const moved = tensor.to({ device: parameter.device, dtype: parameter.dtype })
        apply.push(() => native.setState(parameter, name, moved))
      }
    }
  }
  // What the state says nothing about starts anew, as in Python.
  native.clearState()
  for (const change of apply) change()
}
