/**
 * The 1cycle policy: once up and down, within one training.
 */
import {
  boolean,
  finite,
  integer,
  oneOf,
  options as checkOptions,
  rangeError,
  typeError
} from '../../check'
import { camelCase } from '../../names'
import type { ScheduleFields } from '../groups'
import { cycleArgument, type MomentumOptions, sameBeta, usesBeta } from './momentum'
import { perGroup, type ScheduledGroup, type ScheduledOptimizer } from './optimizer'
import { LRScheduler, type SchedulerOptions } from './scheduler'
import type { StateFields } from './state'

export interface OneCycleLROptions extends SchedulerOptions, MomentumOptions {
  /** Steps of the whole training, or `epochs` and `stepsPerEpoch` for their product. */
  totalSteps?: number
  epochs?: number
  stepsPerEpoch?: number
  /** Share of the steps in which the lr goes up: from 0 to 1, default 0.3. */
  pctStart?: number
  /** Along a cosine (`'cos'`, default) or a straight line. */
  annealStrategy?: 'cos' | 'linear'
  /** Default 0.85. */
  baseMomentum?: number | readonly number[]
  /** Default 0.95. */
  maxMomentum?: number | readonly number[]
  /** The first lr is `maxLr / divFactor`, default 25. */
  divFactor?: number
  /** The last lr is the first one divided by this, default 10,000. */
  finalDivFactor?: number
  /** Down to the first lr as slowly as up, then to the last. Default false. */
  threePhase?: boolean
}

const optionNames = [
  'totalSteps',
  'epochs',
  'stepsPerEpoch',
  'pctStart',
  'annealStrategy',
  'cycleMomentum',
  'baseMomentum',
  'maxMomentum',
  'divFactor',
  'finalDivFactor',
  'threePhase',
  'lastEpoch'
]

/** From where to where lr and momentum go until `end_step`; Python's names of the groups' fields. */
interface Phase {
  end_step: number
  start_lr: string
  end_lr: string
  start_momentum: string
  end_momentum: string
}

function phase(end_step: number, lr: [string, string], momentum: [string, string]): Phase {
  return {
    end_step,
    start_lr: lr[0],
    end_lr: lr[1],
    start_momentum: momentum[0],
    end_momentum: momentum[1]
  }
}

function phasesOf(totalSteps: number, pctStart: number, threePhase: boolean): Phase[] {
  const [low, high] = ['base_momentum', 'max_momentum']
  const up = phase(pctStart * totalSteps - 1, ['initial_lr', 'max_lr'], [high, low])
  if (!threePhase) return [up, phase(totalSteps - 1, ['max_lr', 'min_lr'], [low, high])]
  return [
    up,
    phase(2 * pctStart * totalSteps - 2, ['max_lr', 'initial_lr'], [low, high]),
    phase(totalSteps - 1, ['initial_lr', 'min_lr'], [high, high])
  ]
}

function stepsOf({ totalSteps, epochs, stepsPerEpoch }: OneCycleLROptions): number {
  if (totalSteps !== undefined) return integer('totalSteps', totalSteps, 1)
  if (epochs === undefined || stepsPerEpoch === undefined) {
    throw typeError(
      'totalSteps',
      'the steps of the whole training',
      undefined,
      'give it, or epochs and stepsPerEpoch'
    )
  }
  return integer('epochs', epochs, 1) * integer('stepsPerEpoch', stepsPerEpoch, 1)
}

/**
 * Steps from `maxLr / divFactor` up to `maxLr`, then down to `maxLr / divFactor / finalDivFactor`;
 * momentum goes the other way. Call `step()` after every batch.
 * @param maxLr the highest lr, for all groups or one each
 * @throws TypeError where the number of steps is not given or the optimizer has no momentum;
 * RangeError for an option out of range, and for a step past the last one
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html,
 * https://arxiv.org/abs/1708.07120
 */
export class OneCycleLR extends LRScheduler {
  readonly totalSteps: number
  readonly annealStrategy: 'cos' | 'linear'
  readonly cycleMomentum: boolean
  protected readonly phases: readonly Phase[]
  protected readonly useBeta1: boolean | undefined

  constructor(
    optimizer: ScheduledOptimizer,
    maxLr: number | readonly number[],
    options?: OneCycleLROptions
  ) {
    const given = checkOptions<OneCycleLROptions>('OneCycleLR', options, optionNames)
    super(optimizer, given.lastEpoch)
    const { pctStart = 0.3, annealStrategy = 'cos', cycleMomentum = true } = given
    this.totalSteps = stepsOf(given)
    if (finite('pctStart', pctStart, 0) > 1)
      throw rangeError('pctStart', 'a number from 0 to 1', pctStart)
    const threePhase = boolean('threePhase', given.threePhase ?? false)
    this.phases = phasesOf(this.totalSteps, pctStart, threePhase)
    this.annealStrategy = oneOf('annealStrategy', annealStrategy, ['cos', 'linear'])
    this.cycleMomentum = cycleArgument(cycleMomentum, optimizer)
    if (this.cycleMomentum) this.useBeta1 = usesBeta(optimizer)
    const bounds = this.bounds(maxLr, given)
    if (this.lastEpoch === -1)
      for (const [i, group] of this.groups.entries()) Object.assign(group, bounds[i])
    this.start()
  }

  private bounds(maxLr: unknown, options: OneCycleLROptions): ScheduleFields[] {
    const {
      divFactor = 25,
      finalDivFactor = 1e4,
      baseMomentum = 0.85,
      maxMomentum = 0.95
    } = options
    const division = positive('divFactor', divFactor)
    const finalDivision = positive('finalDivFactor', finalDivFactor)
    const low = perGroup('baseMomentum', baseMomentum, this.optimizer)
    const high = perGroup('maxMomentum', maxMomentum, this.optimizer)
    return perGroup('maxLr', maxLr, this.optimizer).map((max, i) => ({
      initialLr: max / division,
      maxLr: max,
      minLr: max / division / finalDivision,
      ...(this.cycleMomentum && { baseMomentum: low[i], maxMomentum: high[i] })
    }))
  }

  protected override advance(epoch?: number): void {
    const next = epoch ?? this.lastEpoch + 1
    if (next > this.totalSteps) {
      throw rangeError(
        'step',
        `at most ${this.totalSteps} steps, as totalSteps says`,
        next,
        'give the number of all batches of all epochs as totalSteps'
      )
    }
    super.advance(epoch)
  }

  protected override getLr(): number[] {
    // One step past the end, which Python allows, a straight line is below its end.
    return this.anneal('lr').map((lr) => Math.max(0, lr))
  }

  protected override getMomentum(): number[] | null {
    return this.cycleMomentum ? this.anneal('momentum') : null
  }

  /** Where the groups are on the way of this phase. */
  private anneal(what: 'lr' | 'momentum'): number[] {
    let start = 0
    let current = this.phases[0] as Phase
    for (const [i, each] of this.phases.entries()) {
      current = each
      if (this.lastEpoch <= each.end_step || i === this.phases.length - 1) break
      start = each.end_step
    }
    const share = (this.lastEpoch - start) / (current.end_step - start)
    const between = this.annealStrategy === 'cos' ? alongCosine : alongLine
    return this.groups.map((group) =>
      between(bound(group, current[`start_${what}`]), bound(group, current[`end_${what}`]), share)
    )
  }

  protected override stateFields(): StateFields {
    return {
      ...super.stateFields(),
      total_steps: ['totalSteps', (name, value) => integer(name, value, 1)],
      _schedule_phases: ['phases', savedPhases],
      _anneal_func_type: ['annealStrategy', (name, value) => oneOf(name, value, ['cos', 'linear'])],
      cycle_momentum: ['cycleMomentum', (_, value) => cycleArgument(value, this.optimizer)],
      use_beta1: ['useBeta1', sameBeta(this.optimizer)]
    }
  }
}

function positive(name: string, value: unknown): number {
  if (finite(name, value, 0) === 0) throw rangeError(name, 'a number above 0', value)
  return value as number
}

function bound(group: ScheduledGroup, name: string): number {
  const field = camelCase(name) as keyof ScheduleFields
  const value = group[field]
  if (value === undefined) {
    const expected = 'a number, which a OneCycleLR without lastEpoch leaves in the group'
    throw typeError(field, expected, value, "load the optimizer's state first")
  }
  return value
}

function alongCosine(from: number, to: number, share: number): number {
  return to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1)
}

function alongLine(from: number, to: number, share: number): number {
  return (to - from) * share + from
}

function savedPhases(name: string, value: unknown): Phase[] {
  if (!Array.isArray(value) || value.length === 0)
    throw typeError(name, 'an array of phases', value)
  for (const [i, each] of value.entries()) {
    finite(`${name}[${i}].end_step`, each?.end_step)
    for (const key of ['start_lr', 'end_lr'])
      oneOf(`${name}[${i}].${key}`, each[key], ['initial_lr', 'max_lr', 'min_lr'])
    for (const key of ['start_momentum', 'end_momentum'])
      oneOf(`${name}[${i}].${key}`, each[key], ['base_momentum', 'max_momentum'])
  }
  return value
}
