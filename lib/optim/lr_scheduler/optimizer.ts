/**
 * What schedulers need of an optimizer.
 */
import { finite, rangeError, typeError } from '../../check'
import type { ScheduleFields } from '../groups'

/** A group of parameters: its options can be set at any time. */
export interface ScheduledGroup extends ScheduleFields {
  lr: number
  momentum?: number
  betas?: readonly [number, number]
}

/** Any optimizer of `optim`. */
export interface ScheduledOptimizer {
  readonly paramGroups: readonly ScheduledGroup[]
}

export function optimizerArgument(value: unknown): ScheduledOptimizer {
  const groups = (value as ScheduledOptimizer | undefined | null)?.paramGroups
  const isOptimizer =
    Array.isArray(groups) &&
    groups.length > 0 &&
    groups.every((group) => typeof group?.lr === 'number')
  if (!isOptimizer)
    throw typeError('optimizer', 'an Optimizer', value, 'pass what new optim.SGD(...) made')
  return value as ScheduledOptimizer
}

const stepped = ['lr', 'momentum', 'betas'] as const

/** Notes down the options that schedules change; the function puts them back. */
export function noteGroups(groups: readonly ScheduledGroup[]): () => void {
  const notes = groups.map((group) => {
    const there = stepped.filter((name) => name in group)
    return Object.fromEntries(there.map((name) => [name, group[name]]))
  })
  return () => {
    for (const [i, note] of notes.entries()) Object.assign(groups[i] as ScheduledGroup, note)
  }
}

/** One number for all groups, or one each. */
export function perGroup(
  name: string,
  value: unknown,
  { paramGroups }: ScheduledOptimizer,
  least = 0
): number[] {
  if (!Array.isArray(value)) {
    const number = finite(name, value, least)
    return paramGroups.map(() => number)
  }
  return eachGroup(name, value, paramGroups.length, least)
}

/** `count` numbers, one for each group. */
export function eachGroup(
  name: string,
  value: unknown,
  count: number,
  least = Number.NEGATIVE_INFINITY
): number[] {
  if (!Array.isArray(value)) throw typeError(name, `an array of ${count} numbers`, value)
  if (value.length !== count) throw rangeError(name, `${count} numbers, one for each group`, value)
  return value.map((each, i) => finite(`${name}[${i}]`, each, least))
}
