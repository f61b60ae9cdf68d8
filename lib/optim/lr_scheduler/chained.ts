/**
 * Several schedules at once.
 */
import { options as checkOptions } from '../../check'
import { CompositeScheduler, noEpoch, schedulersArgument } from './composite'
import type { ScheduledOptimizer } from './optimizer'
import type { LRScheduler } from './scheduler'

export interface ChainedSchedulerOptions {
  /** Default: that of the first scheduler. */
  optimizer?: ScheduledOptimizer
}

/**
 * Steps all of `schedulers`, one after the other: with recursive formulas their factors multiply.
 * `lastEpoch` is that of the last one.
 * @throws TypeError for none, schedulers of different optimizers or a ReduceLROnPlateau
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html
 */
export class ChainedScheduler extends CompositeScheduler {
  constructor(schedulers: readonly LRScheduler[], options?: ChainedSchedulerOptions) {
    const { optimizer } = checkOptions<ChainedSchedulerOptions>('ChainedScheduler', options, [
      'optimizer'
    ])
    const given = schedulersArgument('ChainedScheduler', schedulers)
    super(optimizer ?? (given[0] as LRScheduler).optimizer, given)
    this.keepLastLr()
  }

  /** Goes to the next epoch. */
  override step(epoch?: undefined): void {
    noEpoch('ChainedScheduler', epoch)
    super.step()
  }

  protected override advance(): void {
    for (const scheduler of this.schedulers) scheduler.step()
    this.keepLastLr()
  }

  protected override keepLastLr(): void {
    super.keepLastLr()
    this.lastEpoch = (this.schedulers.at(-1) as LRScheduler).lastEpoch
  }

  /** @internal */
  override undoFirstStep(): void {
    for (const scheduler of this.schedulers) scheduler.undoFirstStep()
  }

  override prepareState(state: unknown): () => void {
    const apply = super.prepareState(state)
    return () => {
      apply()
      this.lastEpoch = (this.schedulers.at(-1) as LRScheduler).lastEpoch
    }
  }
}
