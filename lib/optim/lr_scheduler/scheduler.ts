/**
 * The base of the schedulers, which change the lr of an optimizer's groups from step to step.
 * Source: https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
 */
import { finite, integer, rangeError, typeError } from '../../check'
import { effectWithMemory, refuse } from '../../compile/tape'
import { isBefore } from '../../nn/version'
import { setMomentum } from './momentum'
import {
  eachGroup,
  noteGroups,
  optimizerArgument,
  type ScheduledGroup,
  type ScheduledOptimizer
} from './optimizer'
import { prepareFields, readFields, type SchedulerState, type StateFields } from './state'

export interface SchedulerOptions {
  /**
   * The epoch after which to go on; the groups then need their `initialLr`. Default -1: start anew.
   */
  lastEpoch?: number
}

// Before 2.9 a scheduler that goes on after `lastEpoch` takes a step when it is made.
const startsByEpoch = isBefore(2, 9)

/**
 * A schedule of one's own: `getLr()` gives the lr of each group at `lastEpoch`; the constructor ends
 * with `this.start()`, which sets those of epoch 0.
 *
 *     class Halving extends optim.lrScheduler.LRScheduler {
 *       constructor(optimizer) { super(optimizer); this.start() }
 *       getLr() { return this.baseLrs.map((lr) => lr / 2 ** this.lastEpoch) }
 *     }
 *
 * Call `step()` after the optimizer's; in the other order the first lr is never used. Python warns of
 * that, here nothing is printed.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html
 */
export class LRScheduler {
  readonly optimizer: ScheduledOptimizer
  /** Epochs (calls of `step`) so far; 0 after the constructor. */
  lastEpoch: number
  /** What the schedule starts from, one number a group. */
  baseLrs: number[] = []
  protected stepCount = 0
  protected lastLr: number[] = []
  /** Whether the first lr is being set, which the constructor does. */
  protected isStarting = false

  /**
   * @param optimizer its groups' lr is changed
   * @throws TypeError for what is no optimizer, or for `lastEpoch` >= 0 where a group has no `initialLr`
   */
  constructor(optimizer: ScheduledOptimizer, lastEpoch = -1) {
    refuse(`new ${this.constructor.name}()`, 'make it before the step')
    this.optimizer = optimizerArgument(optimizer)
    this.lastEpoch = integer('lastEpoch', lastEpoch, -1)
  }

  /** Keeps the groups' `initialLr`, then sets the lr of the first epoch. */
  protected start(): void {
    this.baseLrs = this.groups.map((group, i) => {
      if (this.lastEpoch === -1) group.initialLr ??= group.lr
      if (group.initialLr === undefined) {
        throw typeError(
          `paramGroups[${i}].initialLr`,
          'a number, as lastEpoch >= 0 goes on with a schedule',
          undefined,
          "load the optimizer's state first, or leave lastEpoch out and load the scheduler's state"
        )
      }
      return group.initialLr
    })
    this.takeFirstStep()
  }

  /** @internal Sets the lr of the first epoch. */
  takeFirstStep(): void {
    this.stepCount = 0
    this.isStarting = true
    try {
      this.step()
    } finally {
      this.isStarting = false
    }
  }

  /** @internal Takes the first step back, for a scheduler that decides itself when this one starts. */
  undoFirstStep(): void {
    this.lastEpoch -= 1
  }

  protected get groups(): readonly ScheduledGroup[] {
    return this.optimizer.paramGroups
  }

  /** Whether this is the first lr, which a recursive formula does not compute but start from. */
  protected get isFirst(): boolean {
    return startsByEpoch ? this.lastEpoch === 0 : this.isStarting
  }

  /** The lr of each group at `lastEpoch`, from that of the epoch before. */
  protected getLr(): number[] {
    throw new TypeError(
      `${this.constructor.name}: getLr is not defined; give the class a getLr() method`
    )
  }

  /** The same, from `baseLrs` and `lastEpoch` alone. */
  protected getClosedFormLr?(): number[]

  /** The momentum (or first beta) of each group at `lastEpoch`, where the schedule has one. */
  protected getMomentum(): number[] | null {
    return null
  }

  /**
   * Goes to the next epoch: sets the lr of every group. All are set or none.
   * @param epoch goes to this one instead, from `baseLrs` where there is a formula for that
   * @throws RangeError for an epoch below 0, or for an lr that is negative or not finite
   */
  step(epoch?: number): void {
    effectWithMemory(
      () => this.advance(epoch),
      () => this.note()
    )
  }

  /** What `step` does. */
  protected advance(epoch?: number): void {
    if (epoch !== undefined) integer('epoch', epoch)
    this.moveTo(epoch)
    this.stepCount += 1
  }

  /** @internal Notes down where schedule and groups are; the function puts them back there. */
  note(): () => void {
    const fields = { ...this }
    const putGroupsBack = noteGroups(this.groups)
    return () => {
      Object.assign(this, fields)
      putGroupsBack()
    }
  }

  /** @internal Sets what belongs to `epoch`, by default to the next one. */
  moveTo(epoch?: number): void {
    const before = this.lastEpoch
    this.lastEpoch = epoch ?? before + 1
    try {
      const closed = epoch === undefined ? undefined : this.getClosedFormLr?.()
      this.setLr(closed ?? this.getLr(), this.getMomentum())
    } catch (error) {
      this.lastEpoch = before
      throw error
    }
  }

  protected setLr(values: number[], momenta: number[] | null): void {
    const { groups } = this
    const name = this.constructor.name
    if (values.length !== groups.length) {
      throw rangeError(
        name,
        `an optimizer of ${values.length} groups`,
        groups.length,
        'make the scheduler after the last addParamGroup()'
      )
    }
    for (const [i, lr] of values.entries()) finite(`${name}: lr of group ${i}`, lr, 0)
    for (const [i, value] of (momenta ?? []).entries())
      finite(`${name}: momentum of group ${i}`, value, 0)
    for (const [i, group] of groups.entries()) {
      group.lr = values[i] as number
      if (momenta) setMomentum(group, momenta[i] as number)
    }
    this.keepLastLr()
  }

  protected keepLastLr(): void {
    this.lastLr = this.groups.map(({ lr }) => lr)
  }

  /** The lr of each group that was set last. */
  getLastLr(): number[] {
    return [...this.lastLr]
  }

  /** The values of the state, by Python's names. */
  protected stateFields(): StateFields {
    const eachLr = (name: string, value: unknown) => eachGroup(name, value, this.groups.length)
    return {
      base_lrs: ['baseLrs', eachLr],
      last_epoch: ['lastEpoch', (name, value) => integer(name, value, -1)],
      _step_count: ['stepCount', integer],
      _last_lr: ['lastLr', eachLr]
    }
  }

  /**
   * The schedule's place and settings, by Python's names; plain values that JSON can hold. The
   * optimizer's state holds the lr itself: save both.
   */
  stateDict(): SchedulerState {
    return readFields(this, this.stateFields())
  }

  /**
   * Takes over a `stateDict()`, or one that Python saved. It does not touch the optimizer.
   * @throws TypeError or RangeError where it does not fit; nothing is changed then
   */
  loadStateDict(state: SchedulerState): void {
    refuse(`${this.constructor.name}.loadStateDict()`, 'call it between two steps')
    this.prepareState(state)()
  }

  /** @internal Checks `state`; the function that it gives takes it over. */
  prepareState(state: unknown): () => void {
    return prepareFields(this, this.stateFields(), 'last_epoch', state)
  }
}
