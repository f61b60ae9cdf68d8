/**
 * When a scheduler steps.
 */
import { oneOf, options as checkOptions, typeError } from '../check'
import { LRScheduler, ReduceLROnPlateau } from '../optim/lr_scheduler'
import { type Figures, figure, type Monitor } from './monitor'
import type { ScheduleOptions, TrainOptimizer, TrainOptions } from './options'

export interface Schedule {
  scheduler: LRScheduler
  interval: 'step' | 'epoch'
  monitor: string
}

export function checkSchedule(
  value: TrainOptions['scheduler'],
  optimizer: TrainOptimizer,
  monitor: Monitor,
  checkName: (argument: string, name: unknown) => string
): Schedule | null {
  if (value === undefined) return null
  const given: ScheduleOptions =
    value instanceof LRScheduler
      ? { scheduler: value }
      : checkOptions<ScheduleOptions>('scheduler', value, ['scheduler', 'interval', 'monitor'])
  const { scheduler } = given
  if (!(scheduler instanceof LRScheduler))
    throw typeError(
      'scheduler',
      'one of optim.lrScheduler, or { scheduler, interval, monitor }',
      scheduler
    )
  if (scheduler.optimizer !== optimizer)
    throw typeError('scheduler', 'a scheduler of the same optimizer', scheduler)
  const interval = oneOf('scheduler.interval', given.interval ?? 'epoch', ['step', 'epoch'])
  const waits = scheduler instanceof ReduceLROnPlateau
  if (given.monitor === undefined) return { scheduler, interval, monitor: monitor.name }
  if (!waits)
    throw typeError('scheduler.monitor', 'none but for a ReduceLROnPlateau', given.monitor)
  return { scheduler, interval, monitor: checkName('scheduler.monitor', given.monitor) }
}

/** The step at an epoch's end. A ReduceLROnPlateau waits for an epoch in which its figure is measured. */
export function stepAfterEpoch({ scheduler, interval, monitor }: Schedule, figures: Figures): void {
  if (interval !== 'epoch') return
  if (!(scheduler instanceof ReduceLROnPlateau)) {
    scheduler.step()
    return
  }
  const value = figure(figures, monitor)
  if (value !== null) scheduler.step(value)
}

/** The step that is part of an update, and recorded with it. */
export function stepWithUpdate({ scheduler, interval }: Schedule): void {
  if (interval === 'step' && !(scheduler instanceof ReduceLROnPlateau)) scheduler.step()
}

/** Whether each update is followed by a look at its loss. */
export function looksAtLosses({ scheduler, interval }: Schedule): boolean {
  return interval === 'step' && scheduler instanceof ReduceLROnPlateau
}

/** The step after an update, of a schedule that looks at its loss. */
export function stepAfterUpdate(schedule: Schedule, loss: number): void {
  if (looksAtLosses(schedule)) (schedule.scheduler as ReduceLROnPlateau).step(loss)
}
