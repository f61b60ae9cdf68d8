/**
 * Schedules along a cosine.
 */
import { finite, integer, options as checkOptions } from '../../check'
import { isBefore } from '../../nn/version'
import type { ScheduledOptimizer } from './optimizer'
import { LRScheduler, type SchedulerOptions } from './scheduler'
import type { StateFields } from './state'

export interface CosineAnnealingLROptions extends SchedulerOptions {
  /** The least lr, default 0. */
  etaMin?: number
}

const positive = (name: string, value: unknown) => integer(name, value, 1)

/**
 * lr = etaMin + (baseLr - etaMin) * (1 + cos(pi * epoch / TMax)) / 2, in recursive form: down in
 * `TMax` epochs, up in the next, and so on.
 * @throws RangeError for a `TMax` below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly TMax: number
  readonly etaMin: number

  constructor(optimizer: ScheduledOptimizer, TMax: number, options?: CosineAnnealingLROptions) {
    const { etaMin = 0, lastEpoch } = checkOptions<CosineAnnealingLROptions>(
      'CosineAnnealingLR',
      options,
      ['etaMin', 'lastEpoch']
    )
    super(optimizer, lastEpoch)
    this.TMax = positive('TMax', TMax)
    this.etaMin = finite('etaMin', etaMin, 0)
    this.start()
  }

  protected override getLr(): number[] {
    const { TMax, etaMin, lastEpoch } = this
    if (this.isFirst) return this.groups.map(({ lr }) => lr)
    if (this.isStarting) return this.getClosedFormLr()
    if ((lastEpoch - 1 - TMax) % (2 * TMax) === 0) {
      // The factor would be by the 0 of the epoch before.
      const share = 1 - Math.cos(Math.PI / TMax)
      return this.groups.map(
        ({ lr }, i) => lr + (((this.baseLrs[i] as number) - etaMin) * share) / 2
      )
    }
    const height = 1 + Math.cos((Math.PI * lastEpoch) / TMax)
    const before = 1 + Math.cos((Math.PI * (lastEpoch - 1)) / TMax)
    return this.groups.map(({ lr }) => (height / before) * (lr - etaMin) + etaMin)
  }

  protected override getClosedFormLr(): number[] {
    const { TMax, etaMin, lastEpoch } = this
    const height = 1 + Math.cos((Math.PI * lastEpoch) / TMax)
    return this.baseLrs.map((lr) => etaMin + ((lr - etaMin) * height) / 2)
  }

  protected override stateFields(): StateFields {
    return {
      ...super.stateFields(),
      T_max: ['TMax', positive],
      eta_min: ['etaMin', (name, value) => finite(name, value, 0)]
    }
  }
}

// Before 2.9 a `lastEpoch` after several cycles was behind the end of one.
const leavesOneCycle = isBefore(2, 9)

export interface CosineAnnealingWarmRestartsOptions extends CosineAnnealingLROptions {
  /** By how much each cycle is longer than the one before: a whole number, default 1. */
  TMult?: number
}

/**
 * lr = etaMin + (baseLr - etaMin) * (1 + cos(pi * TCur / TI)) / 2: down in a cycle of `T0` epochs,
 * then back to `baseLr` and down in `T0 * TMult`, and so on.
 * @throws RangeError for a `T0` or `TMult` below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly T0: number
  readonly TMult: number
  readonly etaMin: number
  /** Length of this cycle. */
  TI: number
  /** Epochs in this cycle so far. */
  TCur: number

  constructor(
    optimizer: ScheduledOptimizer,
    T0: number,
    options?: CosineAnnealingWarmRestartsOptions
  ) {
    const {
      TMult = 1,
      etaMin = 0,
      lastEpoch
    } = checkOptions<CosineAnnealingWarmRestartsOptions>('CosineAnnealingWarmRestarts', options, [
      'TMult',
      'etaMin',
      'lastEpoch'
    ])
    super(optimizer, lastEpoch)
    this.T0 = positive('T0', T0)
    this.TMult = positive('TMult', TMult)
    this.etaMin = finite('etaMin', etaMin, 0)
    this.TI = this.T0
    this.TCur = this.lastEpoch
    this.start()
  }

  protected override getLr(): number[] {
    const { etaMin } = this
    const height = 1 + Math.cos((Math.PI * this.TCur) / this.TI)
    return this.baseLrs.map((lr) => etaMin + ((lr - etaMin) * height) / 2)
  }

  /**
   * Goes to the next epoch.
   * @param epoch goes to this one instead; a fraction of an epoch, such as `epoch + batch / batches`,
   * lowers the lr with every batch
   * @throws RangeError for an epoch below 0
   */
  override step(epoch?: number): void {
    super.step(epoch)
  }

  protected override advance(epoch?: number): void {
    if (epoch !== undefined) finite('epoch', epoch, 0)
    if (epoch !== undefined || this.lastEpoch < 0) this.enter(epoch ?? 0)
    else {
      this.lastEpoch += 1
      this.TCur += 1
      if (this.TCur >= this.TI) {
        this.TCur = leavesOneCycle ? this.TCur - this.TI : this.TCur % this.TI
        this.TI *= this.TMult
      }
    }
    this.setLr(this.getLr(), null)
  }

  /** Finds the cycle of `epoch`: the n-th starts at T0 * (TMult^n - 1) / (TMult - 1). */
  private enter(epoch: number): void {
    const { T0, TMult } = this
    if (epoch < T0) {
      this.TI = T0
      this.TCur = epoch
    } else if (TMult === 1) {
      this.TCur = epoch % T0
    } else {
      const n = Math.trunc(Math.log((epoch / T0) * (TMult - 1) + 1) / Math.log(TMult))
      this.TI = T0 * TMult ** n
      this.TCur = epoch - (T0 * (TMult ** n - 1)) / (TMult - 1)
    }
    this.lastEpoch = Math.floor(epoch)
  }

  protected override stateFields(): StateFields {
    return {
      ...super.stateFields(),
      T_0: ['T0', positive],
      T_i: ['TI', positive],
      T_mult: ['TMult', positive],
      eta_min: ['etaMin', (name, value) => finite(name, value, 0)],
      T_cur: ['TCur', finite]
    }
  }
}
