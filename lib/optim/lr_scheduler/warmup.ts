/**
 * Schedules that scale the lr in the first epochs.
 */
import { finite, integer, options as checkOptions, rangeError } from '../../check'
import type { ScheduledOptimizer } from './optimizer'
import { LRScheduler, type SchedulerOptions } from './scheduler'
import type { StateFields } from './state'

export interface ConstantLROptions extends SchedulerOptions {
  /** From 0 to 1, default 1/3. */
  factor?: number
  /** Epochs that are scaled, default 5. */
  totalIters?: number
}

export interface LinearLROptions extends SchedulerOptions {
  /** Factor of the first epoch: above 0, at most 1. Default 1/3. */
  startFactor?: number
  /** Factor from epoch `totalIters` on: from 0 to 1, default 1. */
  endFactor?: number
  /** Default 5. */
  totalIters?: number
}

function factorOf(name: string, value: unknown): number {
  const factor = finite(name, value, 0)
  if (factor > 1) throw rangeError(name, 'a number from 0 to 1', value)
  return factor
}

/** The formula divides by it. */
function startFactorOf(name: string, value: unknown): number {
  const factor = factorOf(name, value)
  if (factor === 0) throw rangeError(name, 'a number above 0, at most 1', value)
  return factor
}

/**
 * lr = factor * baseLr before epoch `totalIters`, baseLr from then on.
 * @throws RangeError for a factor outside of [0, 1]
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 */
export class ConstantLR extends LRScheduler {
  readonly factor: number
  readonly totalIters: number

  constructor(optimizer: ScheduledOptimizer, options?: ConstantLROptions) {
    const {
      factor = 1 / 3,
      totalIters = 5,
      lastEpoch
    } = checkOptions<ConstantLROptions>('ConstantLR', options, [
      'factor',
      'totalIters',
      'lastEpoch'
    ])
    super(optimizer, lastEpoch)
    this.factor = factorOf('factor', factor)
    this.totalIters = integer('totalIters', totalIters)
    this.start()
  }

  protected override getLr(): number[] {
    if (this.lastEpoch === 0) return this.groups.map(({ lr }) => lr * this.factor)
    if (this.lastEpoch !== this.totalIters) return this.groups.map(({ lr }) => lr)
    return this.groups.map(({ lr }) => lr * (1 / this.factor))
  }

  protected override getClosedFormLr(): number[] {
    const isOver = Number(this.lastEpoch >= this.totalIters)
    return this.baseLrs.map((lr) => lr * (this.factor + isOver * (1 - this.factor)))
  }

  protected override stateFields(): StateFields {
    return {
      ...super.stateFields(),
      factor: ['factor', factorOf],
      total_iters: ['totalIters', integer]
    }
  }
}

/**
 * lr = baseLr times a factor that goes in a straight line from `startFactor` to `endFactor` in
 * `totalIters` epochs.
 * @throws RangeError for factors out of range
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 */
export class LinearLR extends LRScheduler {
  readonly startFactor: number
  readonly endFactor: number
  readonly totalIters: number

  constructor(optimizer: ScheduledOptimizer, options?: LinearLROptions) {
    const {
      startFactor = 1 / 3,
      endFactor = 1,
      totalIters = 5,
      lastEpoch
    } = checkOptions<LinearLROptions>('LinearLR', options, [
      'startFactor',
      'endFactor',
      'totalIters',
      'lastEpoch'
    ])
    super(optimizer, lastEpoch)
    this.startFactor = startFactorOf('startFactor', startFactor)
    this.endFactor = factorOf('endFactor', endFactor)
    this.totalIters = integer('totalIters', totalIters)
    this.start()
  }

  protected override getLr(): number[] {
    const { startFactor, endFactor, totalIters, lastEpoch } = this
    if (lastEpoch === 0) return this.groups.map(({ lr }) => lr * startFactor)
    if (this.isFirst || lastEpoch > totalIters) return this.groups.map(({ lr }) => lr)
    const range = endFactor - startFactor
    const factor = 1 + range / (totalIters * startFactor + (lastEpoch - 1) * range)
    // At an endFactor of 0 rounding can leave less than nothing, which no optimizer takes.
    return this.groups.map(({ lr }) => Math.max(0, lr * factor))
  }

  protected override getClosedFormLr(): number[] {
    const { startFactor, endFactor, totalIters } = this
    const range = endFactor - startFactor
    const passed = Math.min(totalIters, this.lastEpoch)
    return this.baseLrs.map((lr) => lr * (startFactor + (range * passed) / totalIters))
  }

  protected override stateFields(): StateFields {
    return {
      ...super.stateFields(),
      start_factor: ['startFactor', startFactorOf],
      end_factor: ['endFactor', factorOf],
      total_iters: ['totalIters', integer]
    }
  }
}
