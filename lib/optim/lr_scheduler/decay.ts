/**
 * Schedules that lower the lr in every epoch.
 */
import { finite, integer, options as checkOptions } from '../../check'
import type { ScheduledOptimizer } from './optimizer'
import { LRScheduler, type SchedulerOptions } from './scheduler'
import type { StateFields } from './state'

/**
 * lr = lr * gamma.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 */
export class ExponentialLR extends LRScheduler {
  readonly gamma: number

  constructor(optimizer: ScheduledOptimizer, gamma: number, options?: SchedulerOptions) {
    const { lastEpoch } = checkOptions<SchedulerOptions>('ExponentialLR', options, ['lastEpoch'])
    super(optimizer, lastEpoch)
    this.gamma = finite('gamma', gamma, 0)
    this.start()
  }

  protected override getLr(): number[] {
    return this.groups.map(({ lr }) => (this.isFirst ? lr : lr * this.gamma))
  }

  protected override getClosedFormLr(): number[] {
    return this.baseLrs.map((lr) => lr * this.gamma ** this.lastEpoch)
  }

  protected override stateFields(): StateFields {
    return {
      ...super.stateFields(),
      gamma: ['gamma', (name, value) => finite(name, value, 0)]
    }
  }
}

export interface PolynomialLROptions extends SchedulerOptions {
  /** Epochs until the lr is 0, default 5. */
  totalIters?: number
  /** Default 1. */
  power?: number
}

/**
 * lr = baseLr * (1 - epoch / totalIters)^power, and 0 from epoch `totalIters` on.
 * @throws RangeError for a `totalIters` below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 */
export class PolynomialLR extends LRScheduler {
  readonly totalIters: number
  readonly power: number

  constructor(optimizer: ScheduledOptimizer, options?: PolynomialLROptions) {
    const {
      totalIters = 5,
      power = 1,
      lastEpoch
    } = checkOptions<PolynomialLROptions>('PolynomialLR', options, [
      'totalIters',
      'power',
      'lastEpoch'
    ])
    super(optimizer, lastEpoch)
    this.totalIters = integer('totalIters', totalIters, 1)
    this.power = finite('power', power)
    this.start()
  }

  protected override getLr(): number[] {
    const { totalIters, lastEpoch, power } = this
    if (this.isFirst || lastEpoch > totalIters) return this.groups.map(({ lr }) => lr)
    const factor = ((1 - lastEpoch / totalIters) / (1 - (lastEpoch - 1) / totalIters)) ** power
    return this.groups.map(({ lr }) => lr * factor)
  }

  protected override getClosedFormLr(): number[] {
    const left = 1 - Math.min(this.totalIters, this.lastEpoch) / this.totalIters
    return this.baseLrs.map((lr) => lr * left ** this.power)
  }

  protected override stateFields(): StateFields {
    return {
      ...super.stateFields(),
      total_iters: ['totalIters', (name, value) => integer(name, value, 1)],
      power: ['power', finite]
    }
  }
}
