/**
 * What schedulers made of others have in common.
 */
import { integer, rangeError, typeError } from '../../check'
import type { ScheduledOptimizer } from './optimizer'
import { ReduceLROnPlateau } from './plateau'
import { LRScheduler } from './scheduler'
import { prepareFields, type StateField, type StateFields } from './state'

export abstract class CompositeScheduler extends LRScheduler {
  protected readonly schedulers: readonly LRScheduler[]

  constructor(
    optimizer: ScheduledOptimizer,
    schedulers: readonly LRScheduler[],
    lastEpoch?: number
  ) {
    super(optimizer, lastEpoch)
    for (const [i, scheduler] of schedulers.entries()) {
      if (scheduler.optimizer !== optimizer)
        throw new TypeError(
          `schedulers[${i}]: expected a scheduler of the same optimizer, got one of another`
        )
    }
    this.schedulers = [...schedulers]
  }

  protected override stateFields(): StateFields {
    const check = (name: string, value: unknown) => {
      const { length } = this.schedulers
      if (!Array.isArray(value) || value.length !== length)
        throw rangeError(name, `the states of ${length} schedulers`, value)
      return this.schedulers
    }
    const save = () => this.schedulers.map((scheduler) => scheduler.stateDict())
    const { _last_lr } = super.stateFields() as Record<'_last_lr', StateField>
    return {
      _last_lr,
      _schedulers: ['schedulers', check, save],
      // Python keeps one in a composite that is part of another, and never counts it up.
      _step_count: ['stepCount', integer, () => undefined]
    }
  }

  /** @internal */
  override note(): () => void {
    const notes = [super.note(), ...this.schedulers.map((scheduler) => scheduler.note())]
    return () => {
      for (const putBack of notes) putBack()
    }
  }

  override prepareState(state: unknown): () => void {
    const own = prepareFields(this, this.stateFields(), '_schedulers', state)
    const states = (state as { _schedulers: unknown[] })._schedulers
    const parts = this.schedulers.map((scheduler, i) => scheduler.prepareState(states[i]))
    return () => {
      for (const apply of [own, ...parts]) apply()
    }
  }
}

/** A composite steps its parts, which have epochs of their own. */
export function noEpoch(name: string, epoch: unknown): void {
  if (epoch !== undefined)
    throw typeError('epoch', 'nothing', epoch, `a ${name} only goes to the next one`)
}

/** At least one scheduler, none of which waits for a metric. */
export function schedulersArgument(name: string, value: unknown): readonly LRScheduler[] {
  if (!Array.isArray(value) || value.length === 0)
    throw typeError('schedulers', 'an array of at least one scheduler', value)
  for (const [i, each] of value.entries()) {
    if (!(each instanceof LRScheduler) || each instanceof ReduceLROnPlateau) {
      const remedy = each instanceof ReduceLROnPlateau ? 'step that one by itself' : undefined
      throw typeError(`schedulers[${i}]`, `a scheduler for a ${name}`, each, remedy)
    }
  }
  return value
}
