/**
 * Schedules that multiply the lr by a factor at certain epochs.
 */
import { finite, integer, options as checkOptions, typeError } from '../../check'
import type { ScheduledOptimizer } from './optimizer'
import { LRScheduler, type SchedulerOptions } from './scheduler'
import type { StateFields } from './state'

export interface StepLROptions extends SchedulerOptions {
  /** The factor. Default 0.1. */
  gamma?: number
}

const names = ['gamma', 'lastEpoch']

/**
 * lr = lr * gamma every `stepSize` epochs.
 * @throws RangeError for a `stepSize` below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 */
export class StepLR extends LRScheduler {
  readonly stepSize: number
  readonly gamma: number

  constructor(optimizer: ScheduledOptimizer, stepSize: number, options?: StepLROptions) {
    const { gamma = 0.1, lastEpoch } = checkOptions<StepLROptions>('StepLR', options, names)
    super(optimizer, lastEpoch)
    this.stepSize = integer('stepSize', stepSize, 1)
    this.gamma = finite('gamma', gamma)
    this.start()
  }

  protected override getLr(): number[] {
    const isStep = this.lastEpoch !== 0 && this.lastEpoch % this.stepSize === 0
    return this.groups.map(({ lr }) => (isStep ? lr * this.gamma : lr))
  }

  protected override getClosedFormLr(): number[] {
    const steps = Math.floor(this.lastEpoch / this.stepSize)
    return this.baseLrs.map((lr) => lr * this.gamma ** steps)
  }

  protected override stateFields(): StateFields {
    return {
      ...super.stateFields(),
      step_size: ['stepSize', (name, value) => integer(name, value, 1)],
      gamma: ['gamma', finite]
    }
  }
}

/**
 * lr = lr * gamma at each epoch of `milestones`; gamma^n where one is given n times.
 * @throws RangeError for milestones that are no epochs
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 */
export class MultiStepLR extends LRScheduler {
  /** How often each epoch was given. */
  readonly milestones: Readonly<Record<string, number>>
  readonly gamma: number

  constructor(
    optimizer: ScheduledOptimizer,
    milestones: readonly number[],
    options?: StepLROptions
  ) {
    const { gamma = 0.1, lastEpoch } = checkOptions<StepLROptions>('MultiStepLR', options, names)
    super(optimizer, lastEpoch)
    if (!Array.isArray(milestones)) throw typeError('milestones', 'an array of epochs', milestones)
    const counts: Record<string, number> = {}
    for (const [i, value] of milestones.entries()) {
      const epoch = integer(`milestones[${i}]`, value)
      counts[epoch] = (counts[epoch] ?? 0) + 1
    }
    this.milestones = counts
    this.gamma = finite('gamma', gamma)
    this.start()
  }

  protected override getLr(): number[] {
    const count = this.milestones[this.lastEpoch] ?? 0
    return this.groups.map(({ lr }) => (count === 0 ? lr : lr * this.gamma ** count))
  }

  protected override getClosedFormLr(): number[] {
    let passed = 0
    for (const [epoch, count] of Object.entries(this.milestones))
      if (Number(epoch) <= this.lastEpoch) passed += count
    return this.baseLrs.map((lr) => lr * this.gamma ** passed)
  }

  protected override stateFields(): StateFields {
    return {
      ...super.stateFields(),
      milestones: ['milestones', counter],
      gamma: ['gamma', finite]
    }
  }
}

/** A Counter of Python's: how often by epoch. */
function counter(name: string, value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw typeError(name, 'an object { epoch: count }', value)
  for (const [epoch, count] of Object.entries(value)) {
    integer(`${name}: epoch`, Number(epoch))
    integer(`${name}[${epoch}]`, count, 1)
  }
  return value as Record<string, number>
}
