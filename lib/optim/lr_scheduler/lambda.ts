/**
 * Schedules by a function of one's own.
 */
import { callable, options as checkOptions, rangeError, typeError } from '../../check'
import type { ScheduledOptimizer } from './optimizer'
import { LRScheduler, type SchedulerOptions } from './scheduler'
import { noFunction, type StateFields } from './state'

/** A factor from the epoch, which starts at 0. */
export type LRLambda = (epoch: number) => number

/** What both have: a function for each group. Their state holds null in the place of these. */
class FunctionLR extends LRScheduler {
  protected readonly lrLambdas: readonly LRLambda[]

  constructor(
    name: string,
    optimizer: ScheduledOptimizer,
    lrLambda: LRLambda | readonly LRLambda[],
    options?: SchedulerOptions
  ) {
    const { lastEpoch } = checkOptions<SchedulerOptions>(name, options, ['lastEpoch'])
    super(optimizer, lastEpoch)
    const count = this.groups.length
    const given = Array.isArray(lrLambda)
      ? lrLambda
      : Array<LRLambda>(count).fill(lrLambda as LRLambda)
    if (given.length !== count)
      throw rangeError('lrLambda', `${count} functions, one for each group`, given)
    this.lrLambdas = given.map((each, i) =>
      callable(Array.isArray(lrLambda) ? `lrLambda[${i}]` : 'lrLambda', each as LRLambda)
    )
    this.start()
  }

  protected override stateFields(): StateFields {
    const count = this.lrLambdas.length
    const check = (name: string, value: unknown) => {
      if (!Array.isArray(value) || value.length !== count)
        throw typeError(name, `an array of ${count} nulls`, value)
      for (const [i, each] of value.entries()) noFunction(`${name}[${i}]`, each)
      return this.lrLambdas
    }
    return {
      ...super.stateFields(),
      lr_lambdas: ['lrLambdas', check, () => Array(count).fill(null)]
    }
  }
}

/**
 * lr = baseLr * lrLambda(epoch).
 * @param lrLambda one for all groups, or an array of one each
 * @throws TypeError for what is no function; RangeError for an lr that is negative or not finite
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html
 */
export class LambdaLR extends FunctionLR {
  constructor(
    optimizer: ScheduledOptimizer,
    lrLambda: LRLambda | readonly LRLambda[],
    options?: SchedulerOptions
  ) {
    super('LambdaLR', optimizer, lrLambda, options)
  }

  protected override getLr(): number[] {
    return this.baseLrs.map((lr, i) => lr * (this.lrLambdas[i] as LRLambda)(this.lastEpoch))
  }
}

/**
 * lr = lr * lrLambda(epoch) in every epoch but the first.
 * @param lrLambda one for all groups, or an array of one each
 * @throws TypeError for what is no function; RangeError for an lr that is negative or not finite
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
 */
export class MultiplicativeLR extends FunctionLR {
  constructor(
    optimizer: ScheduledOptimizer,
    lrLambda: LRLambda | readonly LRLambda[],
    options?: SchedulerOptions
  ) {
    super('MultiplicativeLR', optimizer, lrLambda, options)
  }

  protected override getLr(): number[] {
    if (this.isFirst) return this.groups.map(({ lr }) => lr)
    return this.groups.map(({ lr }, i) => lr * (this.lrLambdas[i] as LRLambda)(this.lastEpoch))
  }
}
