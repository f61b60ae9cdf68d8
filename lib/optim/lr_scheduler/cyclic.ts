/**
 * Cyclical learning rates: up and down between two bounds, again and again.
 */
import { callable, finite, integer, oneOf, options as checkOptions } from '../../check'
import { isBefore } from '../../nn/version'
import { cycleArgument, type MomentumOptions, sameBeta, usesBeta } from './momentum'
import { eachGroup, perGroup, type ScheduledOptimizer } from './optimizer'
import { LRScheduler, type SchedulerOptions } from './scheduler'
import { noFunction, type StateFields } from './state'

type Mode = 'triangular' | 'triangular2' | 'exp_range'
type ScaleMode = 'cycle' | 'iterations'

export interface CyclicLROptions extends SchedulerOptions, MomentumOptions {
  /** Steps from the lower bound to the upper one, default 2000. */
  stepSizeUp?: number
  /** Steps back, default `stepSizeUp`. */
  stepSizeDown?: number
  /**
   * The height of the cycles: the same (`'triangular'`, default), half of the one before
   * (`'triangular2'`), or `gamma ** step` (`'exp_range'`).
   */
  mode?: Mode
  /** Default 1. */
  gamma?: number
  /** A height of one's own in place of `mode`, from 0 to 1. */
  scaleFn?: (x: number) => number
  /** Whether `scaleFn` is given the cycle, which starts at 1 (default), or the step. */
  scaleMode?: ScaleMode
  /** Default 0.8. */
  baseMomentum?: number | readonly number[]
  /** Default 0.9. */
  maxMomentum?: number | readonly number[]
}

const optionNames = [
  'stepSizeUp',
  'stepSizeDown',
  'mode',
  'gamma',
  'scaleFn',
  'scaleMode',
  'cycleMomentum',
  'baseMomentum',
  'maxMomentum',
  'lastEpoch'
]
const modes = ['triangular', 'triangular2', 'exp_range'] as const
const scaleModes = ['cycle', 'iterations'] as const

// Before 2.1 the state held the function itself: null in its place would be called.
const savesFunctions = isBefore(2, 1)
// Before 2.2 `lastEpoch` took the optimizer's momentum for the lower bound.
const takesMomentum = isBefore(2, 2)

/**
 * lr = baseLr + (maxLr - baseLr) * height * scale(cycle), with a height that goes from 0 to 1 in
 * `stepSizeUp` steps and back in `stepSizeDown`; momentum goes the other way. Call `step()` after
 * every batch.
 * @param baseLr the lower bound, for all groups or one each
 * @param maxLr the upper bound
 * @throws TypeError where the optimizer has no momentum; RangeError for an option out of range
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html,
 * https://arxiv.org/abs/1506.01186
 */
export class CyclicLR extends LRScheduler {
  readonly maxLrs: number[]
  readonly totalSize: number
  readonly stepRatio: number
  readonly mode: Mode
  readonly gamma: number
  readonly scaleMode: ScaleMode
  readonly cycleMomentum: boolean
  readonly baseMomentums: number[] | undefined
  readonly maxMomentums: number[] | undefined
  protected readonly scaleFn: ((x: number) => number) | null
  protected readonly useBeta1: boolean | undefined

  constructor(
    optimizer: ScheduledOptimizer,
    baseLr: number | readonly number[],
    maxLr: number | readonly number[],
    options?: CyclicLROptions
  ) {
    const given = checkOptions<CyclicLROptions>('CyclicLR', options, optionNames)
    super(optimizer, given.lastEpoch)
    const {
      stepSizeUp = 2000,
      mode = 'triangular',
      gamma = 1,
      scaleFn,
      cycleMomentum = true
    } = given
    const baseLrs = perGroup('baseLr', baseLr, optimizer)
    this.maxLrs = perGroup('maxLr', maxLr, optimizer)
    const up = integer('stepSizeUp', stepSizeUp, 1)
    this.totalSize = up + integer('stepSizeDown', given.stepSizeDown ?? up)
    this.stepRatio = up / this.totalSize
    this.mode = oneOf('mode', mode, modes)
    this.gamma = finite('gamma', gamma)
    this.scaleFn = scaleFn === undefined ? null : callable('scaleFn', scaleFn)
    const ofMode = this.mode === 'exp_range' ? 'iterations' : 'cycle'
    const scaleMode = oneOf('scaleMode', given.scaleMode ?? 'cycle', scaleModes)
    this.scaleMode = this.scaleFn ? scaleMode : ofMode
    this.cycleMomentum = cycleArgument(cycleMomentum, optimizer)
    const low = perGroup('baseMomentum', given.baseMomentum ?? 0.8, optimizer)
    const high = perGroup('maxMomentum', given.maxMomentum ?? 0.9, optimizer)
    if (this.cycleMomentum) {
      this.useBeta1 = usesBeta(optimizer)
      const resumes = takesMomentum && this.lastEpoch !== -1
      this.baseMomentums = resumes
        ? this.groups.map(({ momentum }, i) => momentum ?? (low[i] as number))
        : low
      this.maxMomentums = high
    }
    if (this.lastEpoch === -1) {
      for (const [i, group] of this.groups.entries()) {
        group.lr = baseLrs[i] as number
        if (this.cycleMomentum) Object.assign(group, { baseMomentum: low[i], maxMomentum: high[i] })
      }
    }
    this.start()
    this.baseLrs = baseLrs
  }

  protected override getLr(): number[] {
    const { height, scale } = this.place()
    return this.baseLrs.map((low, i) => low + ((this.maxLrs[i] as number) - low) * height * scale)
  }

  protected override getMomentum(): number[] | null {
    const { baseMomentums, maxMomentums } = this
    if (!this.cycleMomentum || !baseMomentums || !maxMomentums) return null
    const { height, scale } = this.place()
    return maxMomentums.map(
      (high, i) => high - (high - (baseMomentums[i] as number)) * height * scale
    )
  }

  /** How high in the cycle this step is, and how high the cycle. */
  private place(): { height: number; scale: number } {
    const { lastEpoch, totalSize, stepRatio } = this
    const cycle = Math.floor(1 + lastEpoch / totalSize)
    const x = 1 + lastEpoch / totalSize - cycle
    const height = x <= stepRatio ? x / stepRatio : (x - 1) / (stepRatio - 1)
    return { height, scale: this.scaleOf(this.scaleMode === 'cycle' ? cycle : lastEpoch) }
  }

  private scaleOf(x: number): number {
    if (this.scaleFn) return this.scaleFn(x)
    if (this.mode === 'triangular') return 1
    return this.mode === 'triangular2' ? 1 / 2 ** (x - 1) : this.gamma ** x
  }

  protected override stateFields(): StateFields {
    const count = this.groups.length
    const each = (name: string, value: unknown) => eachGroup(name, value, count, 0)
    const custom = (name: string, value: unknown) => {
      noFunction(name, value)
      return this.scaleFn
    }
    return {
      ...super.stateFields(),
      max_lrs: ['maxLrs', each],
      total_size: ['totalSize', (name, value) => finite(name, value, 1)],
      step_ratio: ['stepRatio', (name, value) => finite(name, value, 0)],
      mode: ['mode', (name, value) => oneOf(name, value, modes)],
      gamma: ['gamma', finite],
      _scale_fn_custom: [
        'scaleFn',
        custom,
        () => (this.scaleFn && savesFunctions ? undefined : null)
      ],
      scale_mode: ['scaleMode', (name, value) => oneOf(name, value, scaleModes)],
      cycle_momentum: ['cycleMomentum', (_, value) => cycleArgument(value, this.optimizer)],
      use_beta1: ['useBeta1', sameBeta(this.optimizer)],
      base_momentums: ['baseMomentums', each],
      max_momentums: ['maxMomentums', each]
    }
  }
}
