/**
 * One schedule after the other.
 */
import { integer, options as checkOptions, rangeError, typeError } from '../../check'
import { isBefore } from '../../nn/version'
import { CompositeScheduler, noEpoch, schedulersArgument } from './composite'
import type { ScheduledOptimizer } from './optimizer'
import type { LRScheduler, SchedulerOptions } from './scheduler'
import type { StateFields } from './state'

// Before 2.9 the start of a schedule counted as a step of it, and always the first one was started.
const startsByStep = isBefore(2, 9)

function milestonesArgument(name: string, value: unknown, count: number): number[] {
  if (!Array.isArray(value)) throw typeError(name, `an array of ${count} epochs`, value)
  if (value.length !== count)
    throw rangeError(name, `${count} epochs, one between each two schedulers`, value)
  for (const [i, epoch] of value.entries()) integer(`${name}[${i}]`, epoch, value[i - 1] ?? 0)
  return [...value]
}

/**
 * The first of `schedulers` until epoch `milestones[0]`, then the second, which starts at epoch 0,
 * until `milestones[1]`, and so on.
 * @throws TypeError for schedulers of another optimizer, a ReduceLROnPlateau, or a scheduler made of
 * others in another place than the first; RangeError where there is not one milestone less than
 * schedulers, or these do not ascend
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
 */
export class SequentialLR extends CompositeScheduler {
  readonly milestones: readonly number[]

  constructor(
    optimizer: ScheduledOptimizer,
    schedulers: readonly LRScheduler[],
    milestones: readonly number[],
    options?: SchedulerOptions
  ) {
    const { lastEpoch } = checkOptions<SchedulerOptions>('SequentialLR', options, ['lastEpoch'])
    const given = schedulersArgument('SequentialLR', schedulers)
    super(optimizer, given, lastEpoch)
    for (const [i, scheduler] of given.entries()) {
      if (i > 0 && scheduler instanceof CompositeScheduler)
        throw typeError(`schedulers[${i}]`, 'a scheduler that can start at any epoch', scheduler)
    }
    this.milestones = milestonesArgument('milestones', milestones, given.length - 1)
    this.lastEpoch += 1
    for (const group of this.groups) group.lr = group.initialLr ?? group.lr
    for (const scheduler of given) scheduler.undoFirstStep()
    const first = given[startsByStep ? 0 : this.indexAt(0)] as LRScheduler
    first.takeFirstStep()
    this.lastLr = first.getLastLr()
  }

  private indexAt(epoch: number): number {
    return this.milestones.filter((milestone) => milestone <= epoch).length
  }

  /** Goes to the next epoch. */
  override step(epoch?: undefined): void {
    noEpoch('SequentialLR', epoch)
    super.step()
  }

  protected override advance(): void {
    const next = this.lastEpoch + 1
    const index = this.indexAt(next)
    const scheduler = this.schedulers[index] as LRScheduler
    const isStart = index > 0 && this.milestones[index - 1] === next
    if (!isStart) scheduler.step()
    else if (startsByStep) scheduler.step(0)
    else scheduler.moveTo(0)
    this.lastEpoch = next
    this.lastLr = scheduler.getLastLr()
  }

  /** @internal */
  override undoFirstStep(): void {
    if (startsByStep) super.undoFirstStep()
    else for (const scheduler of this.schedulers) scheduler.undoFirstStep()
  }

  protected override stateFields(): StateFields {
    const count = this.schedulers.length - 1
    const check = (name: string, value: unknown) => milestonesArgument(name, value, count)
    return {
      ...super.stateFields(),
      _milestones: ['milestones', check],
      last_epoch: ['lastEpoch', (name, value) => integer(name, value)]
    }
  }
}
