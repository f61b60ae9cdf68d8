/**
 * A schedule by what training achieves.
 */
import { finite, integer, oneOf, options as checkOptions, rangeError, typeError } from '../../check'
import { effectWithMemory, refuse } from '../../compile/tape'
import { isTensor, type Tensor } from '../../tensor'
import { eachGroup, perGroup, type ScheduledOptimizer } from './optimizer'
import { LRScheduler } from './scheduler'
import type { StateField, StateFields } from './state'

export interface ReduceLROnPlateauOptions {
  /** Whether the metric is to go down (default) or up. */
  mode?: 'min' | 'max'
  /** What the lr is multiplied by: below 1, default 0.1. */
  factor?: number
  /** Epochs without improvement that are let pass, default 10. */
  patience?: number
  /** What counts as an improvement, default 1e-4: */
  threshold?: number
  /** a share of the best metric (`'rel'`, default), or a difference. */
  thresholdMode?: 'rel' | 'abs'
  /** Epochs after a reduction in which none is counted, default 0. */
  cooldown?: number
  /** The least lr, for all groups or one each. Default 0. */
  minLr?: number | readonly number[]
  /** Changes of the lr up to this one are not made, default 1e-8. */
  eps?: number
}

const optionNames = [
  'mode',
  'factor',
  'patience',
  'threshold',
  'thresholdMode',
  'cooldown',
  'minLr',
  'eps'
]
const modes = ['min', 'max'] as const
const thresholdModes = ['rel', 'abs'] as const

function factorOf(name: string, value: unknown): number {
  const factor = finite(name, value, 0)
  if (factor >= 1) throw rangeError(name, 'a number from 0 to below 1', value)
  return factor
}

/**
 * lr = max(lr * factor, minLr) when the metric given to `step` has not improved for more than
 * `patience` epochs.
 * @throws RangeError for an option out of range
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 */
export class ReduceLROnPlateau extends LRScheduler {
  readonly mode: 'min' | 'max'
  readonly factor: number
  readonly patience: number
  readonly threshold: number
  readonly thresholdMode: 'rel' | 'abs'
  readonly cooldown: number
  readonly eps: number
  readonly minLrs: number[]
  /** The best metric so far; at first infinitely bad. */
  best: number
  numBadEpochs = 0
  cooldownCounter = 0
  /** The one `minLr` of all groups, null where each has its own. */
  protected readonly defaultMinLr: number | null

  constructor(optimizer: ScheduledOptimizer, options?: ReduceLROnPlateauOptions) {
    const given = checkOptions<ReduceLROnPlateauOptions>('ReduceLROnPlateau', options, optionNames)
    const { minLr = 0 } = given
    super(optimizer)
    this.lastEpoch = 0
    this.mode = oneOf('mode', given.mode ?? 'min', modes)
    this.factor = factorOf('factor', given.factor ?? 0.1)
    this.patience = integer('patience', given.patience ?? 10)
    this.threshold = finite('threshold', given.threshold ?? 1e-4)
    this.thresholdMode = oneOf('thresholdMode', given.thresholdMode ?? 'rel', thresholdModes)
    this.cooldown = integer('cooldown', given.cooldown ?? 0)
    this.eps = finite('eps', given.eps ?? 1e-8, 0)
    this.minLrs = perGroup('minLr', minLr, optimizer)
    this.defaultMinLr = Array.isArray(minLr) ? null : (minLr as number)
    this.best = this.worst
    this.keepLastLr()
  }

  private get worst(): number {
    return this.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }

  /** Whether the epochs after a reduction are still being waited for. */
  get inCooldown(): boolean {
    return this.cooldownCounter > 0
  }

  /**
   * Ends an epoch.
   * @param metrics a number or a tensor of one element, such as the validation loss; NaN is no
   * improvement
   * @param epoch its number, by default the next one
   * @throws TypeError for other metrics
   */
  override step(metrics?: number | Tensor, epoch?: number): void {
    if (isTensor(metrics))
      refuse('ReduceLROnPlateau.step(tensor)', 'call it after the step, with what that returned')
    const current = metric(metrics)
    effectWithMemory(
      () => this.judge(current, epoch),
      () => this.note()
    )
  }

  private judge(current: number, epoch?: number): void {
    this.lastEpoch = epoch === undefined ? this.lastEpoch + 1 : integer('epoch', epoch)
    if (this.isBetter(current)) {
      this.best = current
      this.numBadEpochs = 0
    } else {
      this.numBadEpochs += 1
    }
    if (this.inCooldown) {
      this.cooldownCounter -= 1
      this.numBadEpochs = 0
    }
    if (this.numBadEpochs > this.patience) {
      this.reduce()
      this.cooldownCounter = this.cooldown
      this.numBadEpochs = 0
    }
    this.keepLastLr()
  }

  private isBetter(value: number): boolean {
    const { mode, threshold, best } = this
    const isRelative = this.thresholdMode === 'rel'
    if (mode === 'min') return value < (isRelative ? best * (1 - threshold) : best - threshold)
    return value > (isRelative ? best * (threshold + 1) : best + threshold)
  }

  private reduce(): void {
    for (const [i, group] of this.groups.entries()) {
      // Groups may have been added since.
      const least = this.minLrs[i] ?? this.defaultMinLr
      if (least === null) {
        const { length } = this.groups
        throw rangeError('minLr', `${length} numbers, one for each group`, this.minLrs)
      }
      const lower = Math.max(group.lr * this.factor, least)
      if (group.lr - lower > this.eps) group.lr = lower
    }
  }

  protected override stateFields(): StateFields {
    const count = this.groups.length
    const { last_epoch, _last_lr } = super.stateFields() as Record<
      'last_epoch' | '_last_lr',
      StateField
    >
    const nullable = (name: string, value: unknown) =>
      value === null ? null : finite(name, value, 0)
    return {
      factor: ['factor', factorOf],
      default_min_lr: ['defaultMinLr', nullable],
      min_lrs: ['minLrs', (name, value) => eachGroup(name, value, count, 0)],
      patience: ['patience', integer],
      cooldown: ['cooldown', integer],
      eps: ['eps', finite],
      last_epoch,
      _last_lr,
      mode: ['mode', (name, value) => oneOf(name, value, modes)],
      threshold: ['threshold', finite],
      threshold_mode: ['thresholdMode', (name, value) => oneOf(name, value, thresholdModes)],
      best: ['best', bestOf],
      cooldown_counter: ['cooldownCounter', integer],
      num_bad_epochs: ['numBadEpochs', integer]
    }
  }

  override prepareState(state: unknown): () => void {
    const apply = super.prepareState(state)
    return () => {
      apply()
      // JSON has no infinity.
      this.best ??= this.worst
    }
  }
}

function bestOf(name: string, value: unknown): number | null {
  if (value !== null && typeof value !== 'number') throw typeError(name, 'a number', value)
  return value
}

function metric(value: unknown): number {
  const number = isTensor(value) && value.numel() === 1 ? value.item() : value
  if (typeof number !== 'number' && typeof number !== 'bigint')
    throw typeError('metrics', 'a number or a Tensor of one element', value)
  return Number(number)
}
