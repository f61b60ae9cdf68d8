/**
 * Momentum that moves against the lr: that of SGD and RMSprop, the first beta of Adam and its kin.
 */
import { boolean, typeError } from '../../check'
import type { ScheduledGroup, ScheduledOptimizer } from './optimizer'

export interface MomentumOptions {
  /** Whether momentum moves too. Default true; the optimizer needs `momentum` or `betas` then. */
  cycleMomentum?: boolean
  /** The least momentum, that of the highest lr; for all groups or one each. */
  baseMomentum?: number | readonly number[]
  /** The greatest momentum, that of the lowest lr; for all groups or one each. */
  maxMomentum?: number | readonly number[]
}

export function usesBeta({ paramGroups: [first] }: ScheduledOptimizer): boolean {
  return first !== undefined && 'betas' in first
}

/** Whether to move the momentum of `optimizer`, which has one then. */
export function cycleArgument(value: unknown, optimizer: ScheduledOptimizer): boolean {
  const cycles = boolean('cycleMomentum', value)
  const [first] = optimizer.paramGroups as [ScheduledGroup]
  if (cycles && !('momentum' in first) && !('betas' in first)) {
    const remedy = 'pass { cycleMomentum: false }'
    throw typeError('optimizer', 'one with momentum or betas', optimizer, remedy)
  }
  return cycles
}

export function setMomentum(group: ScheduledGroup, value: number): void {
  if (group.betas) group.betas = [value, group.betas[1]]
  else group.momentum = value
}

/** Of a state's `use_beta1`: it must be that of the optimizer at hand. */
export function sameBeta(optimizer: ScheduledOptimizer) {
  return (name: string, value: unknown): boolean => {
    if (boolean(name, value) !== usesBeta(optimizer)) {
      const expected = `${!value}, as the optimizer has ${value ? 'momentum' : 'betas'}`
      throw typeError(name, expected, value, 'load it with an optimizer of the same kind')
    }
    return usesBeta(optimizer)
  }
}
