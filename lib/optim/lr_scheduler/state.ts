/**
 * The state of a scheduler in the layout and with the names of Python's `state_dict()`.
 */
import { typeError } from '../../check'
import { isTensor } from '../../tensor'

/** Plain values by Python's names: `{ base_lrs: [0.1], last_epoch: 3, ... }`. */
export type SchedulerState = Record<string, unknown>

/**
 * The field that holds a value of the state, what a value to be loaded must be, and what is saved in
 * place of a value that cannot be.
 */
export type StateField = readonly [
  field: string,
  check: (name: string, value: unknown) => unknown,
  save?: () => unknown
]

/** The state's values by Python's names. */
export type StateFields = Record<string, StateField>

/** Values of Python's schedulers that say nothing, or that their settings say already. */
const idle = new Set([
  '_get_lr_called_within_step',
  '_is_initial',
  '_scale_fn_ref',
  'anneal_func',
  'mode_worse',
  'verbose'
])

export function readFields(scheduler: object, fields: StateFields): SchedulerState {
  const own = scheduler as Record<string, unknown>
  const values = Object.entries(fields).map(
    ([key, [field, , save]]) => [key, save ? save() : own[field]] as const
  )
  return structuredClone(Object.fromEntries(values.filter(([, value]) => value !== undefined)))
}

/**
 * Checks the values of `state`; the function that it gives takes them over. What the state lacks
 * stays as it is, as in Python.
 * @throws TypeError where it is no state of such a scheduler, and what the checks throw
 */
export function prepareFields(
  scheduler: object,
  fields: StateFields,
  required: string,
  state: unknown
): () => void {
  const name = scheduler.constructor.name
  const isObject = typeof state === 'object' && state !== null && !isTensor(state)
  if (!isObject || !Object.hasOwn(state, required)) {
    throw typeError(
      'state',
      `the state of a ${name}, an object with ${required}`,
      state,
      'pass the result of stateDict()'
    )
  }
  const checked: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(state)) {
    if (idle.has(key)) continue
    const found = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (!found)
      throw new TypeError(
        `state: ${name} has no '${key}'; expected some of ${Object.keys(fields).join(', ')}`
      )
    checked[found[0]] = found[1](`state.${key}`, structuredClone(value))
  }
  return () => {
    Object.assign(scheduler, checked)
  }
}

/** null: Python saves nothing of functions, and state of callable objects has no meaning here. */
export function noFunction(name: string, value: unknown): void {
  if (value !== null) {
    const remedy = 'set it to null and let the function given to the constructor keep that state'
    throw typeError(name, 'null in the place of a function', value, remedy)
  }
}
