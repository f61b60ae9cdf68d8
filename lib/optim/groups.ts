/**
 * Parameter groups: parameters with options of their own.
 */
import { finite, options as checkOptions, rangeError, typeError } from '../check'
import { isTensor, type Tensor, tensorArgument } from '../tensor'
import type { Option, OptionTable } from './options'

/** What schedulers note down in a group. Absent until set; undefined takes it away again. */
export interface ScheduleFields {
  /** The lr that a schedule starts from. */
  initialLr?: number | undefined
  /** The highest and the lowest lr of a cycle. */
  maxLr?: number | undefined
  minLr?: number | undefined
  /** The lowest and the highest momentum of a cycle. */
  baseMomentum?: number | undefined
  maxMomentum?: number | undefined
}

const scheduleFields = ['initialLr', 'maxLr', 'minLr', 'baseMomentum', 'maxMomentum'] as const
const scheduleField: Option<number | undefined> = {
  byDefault: undefined,
  check: (name, value) => (value === undefined ? undefined : finite(name, value))
}

const live: ReadonlySet<string> = new Set([
  ...['lr', 'momentum', 'betas', 'weightDecay'],
  ...scheduleFields
])

/** Whether steps, recorded ones too, read this option anew: schedules change it. */
export function isLive(option: string): boolean {
  return live.has(option)
}

/** Parameters with options of their own; what is left out is taken from the optimizer's. */
export type GroupInput<Options> = { params: readonly Tensor[] } & Partial<Options> & ScheduleFields

/** A group of an optimizer. Its options can be read and set at any time, and are checked then. */
export type ParamGroup<Options> = { readonly params: readonly Tensor[] } & Required<Options> &
  ScheduleFields

/** `params` or groups of them, as groups. */
export function groupInputs<Options>(
  params: readonly Tensor[] | readonly GroupInput<Options>[]
): readonly GroupInput<Options>[] {
  if (!Array.isArray(params))
    throw typeError('params', 'an array of tensors or of groups', params, 'pass model.parameters()')
  checkNotEmpty(params)
  const [first] = params as readonly unknown[]
  const areGroups = typeof first === 'object' && first !== null && !isTensor(first)
  return areGroups
    ? (params as readonly GroupInput<Options>[])
    : [{ params } as unknown as GroupInput<Options>]
}

function checkNotEmpty(params: readonly unknown[]): void {
  if (params.length === 0)
    throw rangeError('params', 'at least one parameter', params, 'pass model.parameters()')
}

/** An optimizer's options, those that are given and the defaults of the others. */
export function checkedOptions<Options>(
  name: string,
  table: OptionTable<Options>,
  given: unknown
): Required<Options> {
  return checkedValues(table, checkOptions<Partial<Options>>(name, given, Object.keys(table)), null)
}

function checkedValues<Options>(
  table: OptionTable<Options>,
  given: Partial<Options>,
  defaults: Required<Options> | null
): Required<Options> {
  const values = {} as Record<string, unknown>
  for (const [name, { byDefault, check }] of Object.entries<Option<unknown>>(table)) {
    const value = given[name as keyof Options]
    if (value !== undefined) values[name] = check(name, value)
    else values[name] = defaults ? defaults[name as keyof Options] : byDefault
  }
  return values as Required<Options>
}

/** A parameter that is in none of the groups yet. */
export function checkParameter(name: string, value: unknown, taken: Set<Tensor>): Tensor {
  const parameter = tensorArgument(name, value)
  if (!parameter.isLeaf)
    throw typeError(
      name,
      'a leaf tensor',
      parameter.gradFn,
      'optimise the tensors it was computed from'
    )
  if (taken.has(parameter)) {
    throw new TypeError(
      `${name}: expected each parameter once, got one that is in a group already; give it to one group only`
    )
  }
  return parameter
}

function checkParameters(params: unknown, taken: Set<Tensor>): Tensor[] {
  if (!Array.isArray(params))
    throw typeError('params', 'an array of tensors', params, 'pass model.parameters()')
  checkNotEmpty(params)
  const seen = new Set(taken)
  return params.map((value, i) => {
    const parameter = checkParameter(`params[${i}]`, value, seen)
    seen.add(parameter)
    return parameter
  })
}

/** What a `GroupInput` says, checked. */
export interface CheckedGroup<Options> {
  params: Tensor[]
  options: Required<Options>
  schedule: ScheduleFields
}

export function checkGroup<Options>(
  group: GroupInput<Options>,
  table: OptionTable<Options>,
  defaults: Required<Options>,
  taken: Set<Tensor>
): CheckedGroup<Options> {
  if (typeof group !== 'object' || group === null || isTensor(group))
    throw typeError('group', 'an object { params, ... }', group)
  checkOptions('group', group, ['params', ...Object.keys(table), ...scheduleFields])
  const params = checkParameters(group.params, taken)
  const options = checkedValues(table, group as Partial<Options>, defaults)
  const schedule: ScheduleFields = {}
  for (const name of scheduleFields) schedule[name] = scheduleField.check(name, group[name])
  return { params, options, schedule }
}

/** The options and schedule fields of a group in Python's spelling or ours, with their checks. */
export function optionsOf<Options>(table: OptionTable<Options>): [string, Option<unknown>][] {
  return [
    ...Object.entries<Option<unknown>>(table),
    ...scheduleFields.map((name) => [name, scheduleField] as [string, Option<unknown>])
  ]
}

/**
 * A group as users see it: each option an accessor that checks what is set.
 * @param set called with every option that is set, after its check
 */
export function makeGroup<Options>(
  { params, options, schedule }: CheckedGroup<Options>,
  table: OptionTable<Options>,
  set: (name: string, value: unknown) => void
): ParamGroup<Options> {
  const group = {} as ParamGroup<Options>
  setParameters(group, params)
  const values: Record<string, unknown> = { ...options, ...schedule }
  for (const [name, { check }] of optionsOf(table)) {
    Object.defineProperty(group, name, {
      enumerable: name in table,
      get: () => values[name],
      set: (value: unknown) => {
        const checked = check(name, value)
        set(name, checked)
        values[name] = checked
      }
    })
  }
  return group
}

/** Exchanges a group's parameters, which users can only read. */
export function setParameters<Options>(
  group: ParamGroup<Options>,
  params: readonly Tensor[]
): void {
  Object.defineProperty(group, 'params', {
    value: Object.freeze([...params]),
    enumerable: true,
    configurable: true
  })
}
