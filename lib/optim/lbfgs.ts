/**
 * L-BFGS: a quasi-Newton method that remembers a few of the last steps.
 */
import { callable, integer, oneOf, typeError } from '../check'
import { refuse } from '../compile/tape'
import { enableGrad, noGrad } from '../modes'
import { native } from '../native'
import { isBefore } from '../nn/version'
import { operator } from '../operators/call'
import { isTensor, type Tensor } from '../tensor'
import type { CheckedGroup, GroupInput } from './groups'
import { LBFGSHistory } from './lbfgs_history'
import { type MapState, Optimizer, type OptimizerKind } from './optimizer'
import { flag, notNegative, option, since } from './options'
import { div, least, less, lessEqual, mul, type Scalar, value } from './scalar'
import type { Kept } from './state'
import { strongWolfe } from './strong_wolfe'

export interface LBFGSOptions {
  /** Learning rate, >= 0; with a line search its first try. Default 1. */
  lr?: number
  /** Iterations a step, default 20. */
  maxIter?: number
  /** Evaluations of the closure a step. Default maxIter * 5 / 4, rounded down. */
  maxEval?: number
  /** Stops where no slope is steeper, >= 0, default 1e-7. */
  toleranceGrad?: number
  /** Stops where neither parameters nor loss change more, >= 0, default 1e-9. */
  toleranceChange?: number
  /** How many of the last steps are remembered, default 100. */
  historySize?: number
  /** `'strong_wolfe'`, or null (the default) for steps of length lr. */
  lineSearchFn?: 'strong_wolfe' | null
  /** Climb instead of descend. Default false; since PyTorch 2.15. */
  maximize?: boolean
}

const kind: OptimizerKind<LBFGSOptions> = {
  name: 'LBFGS',
  options: {
    lr: notNegative(1),
    maxIter: option(20, (name, given) => integer(name, given, 1)),
    maxEval: option(25, (name, given) => integer(name, given, 1)),
    toleranceGrad: notNegative(1e-7),
    toleranceChange: notNegative(1e-9),
    historySize: option(100, (name, given) => integer(name, given, 1)),
    lineSearchFn: option<'strong_wolfe' | null>(null, (name, given) =>
      given === null ? null : oneOf(name, given, ['strong_wolfe'] as const)
    ),
    ...since(2, 15, { maximize: flag(false) })
  } as OptimizerKind<LBFGSOptions>['options'],
  state: {},
  pythonKeys: {}
}

const cat = operator<(tensors: readonly Tensor[]) => Tensor>('cat')
/** Before 2.10 the line search knew nothing of maxEval. */
const searchesAlways25 = isBefore(2, 10)

/**
 * Each step evaluates the closure several times:
 *
 * ```ts
 * optimizer.step(() => {
 *   optimizer.zeroGrad()
 *   const loss = criterion(model(x), y)
 *   loss.backward()
 *   return loss
 * })
 * ```
 *
 * All parameters are one group. The direction is -H * grad, H built from the changes of parameters and
 * gradient in the last historySize iterations. What is kept belongs to all parameters together:
 * `replaceParameter` and `removeParameter` make it forget.
 *
 * @param params `model.parameters()`, or one group of them
 * @throws RangeError for an option out of range, TypeError for one of the wrong type or unknown, for a
 * second group and for complex parameters
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html
 */
export class LBFGS extends Optimizer<LBFGSOptions> {
  #history = new LBFGSHistory()

  constructor(
    params: readonly Tensor[] | readonly GroupInput<LBFGSOptions>[],
    options?: LBFGSOptions
  ) {
    super(kind, options)
    const { maxIter } = this.defaults
    if (options?.maxEval === undefined)
      this.defaults.maxEval = Math.max(1, Math.floor((maxIter * 5) / 4))
    this.addGroups(params)
  }

  protected override groupAdded({ params }: CheckedGroup<LBFGSOptions>): void {
    if (this.paramGroups.length > 0)
      throw new TypeError('LBFGS: expected one group, got another; give it all parameters in one')
    for (const [i, parameter] of params.entries()) {
      if (parameter.dtype.startsWith('complex'))
        throw typeError(`params[${i}]`, 'a real tensor', parameter.dtype)
    }
  }

  get #params(): readonly Tensor[] {
    return this.paramGroups[0]?.params ?? []
  }

  /**
   * @param closure clears the gradients, computes the loss, calls backward() and returns the loss, a
   * tensor of one element or a number; its first result is returned
   * @throws TypeError without a closure
   */
  override step(): undefined
  override step<T>(closure: () => T): T
  override step<T>(closure?: () => T): T | undefined {
    callable('closure', closure as () => T)
    refuse(
      'LBFGS.step()',
      'use SGD, Adam or another optimizer; LBFGS looks at numbers between iterations'
    )
    const evaluate = () => enableGrad(closure as () => T)
    if (this.#params.length === 0) return evaluate()
    try {
      return noGrad(() => this.#step(evaluate))
    } finally {
      this.#history.outliveScopes()
    }
  }

  protected override update(): void {}

  #step<T>(evaluate: () => T): T {
    const group = this.paramGroups[0] as Required<LBFGSOptions>
    const { lr, maxIter, maxEval, toleranceGrad, toleranceChange, lineSearchFn } = group
    const history = this.#history
    const lossOf = (result: T) => (group.maximize ? -number(result) : number(result))
    const isFlat = (grad: Tensor) => lessEqual(grad.abs().max() as Tensor, toleranceGrad)

    const first = evaluate()
    let loss = lossOf(first)
    let grad = this.#flatGradient()
    let evaluations = 1
    history.evaluated(1)
    if (isFlat(grad)) return first

    for (let iteration = 1; iteration <= maxIter; iteration++) {
      const isFirst = history.iterations === 0
      const direction = history.direction(grad, loss, group.historySize)
      const previousLoss = loss
      let t: Scalar = isFirst ? mul(least(1, div(1, grad.abs().sum() as Tensor)), lr) : lr
      history.stepped(t)
      const slope = grad.dot(direction)
      if (less(-toleranceChange, slope)) break

      let more = 0
      let flat = false
      if (lineSearchFn === null) {
        this.#move(t, direction)
        if (iteration < maxIter) {
          loss = lossOf(evaluate())
          grad = this.#flatGradient()
          flat = isFlat(grad)
          more = 1
        }
      } else {
        const start = this.#params.map((parameter) => parameter.clone())
        const found = strongWolfe(
          (length) => {
            this.#move(length, direction)
            const f = lossOf(evaluate())
            const g = this.#flatGradient()
            for (const [i, parameter] of this.#params.entries()) parameter.copy_(start[i] as Tensor)
            return { f, g }
          },
          direction,
          t,
          { f: loss, g: grad, slope },
          searchesAlways25 ? 25 : maxEval - evaluations
        )
        ;({ f: loss, g: grad, t, evaluations: more } = found)
        history.stepped(t)
        this.#move(t, direction)
        flat = isFlat(grad)
      }
      evaluations += more
      history.evaluated(more)
      if (iteration === maxIter || evaluations >= maxEval || flat) break
      if (
        lessEqual(
          direction
            .mul(t as Tensor)
            .abs()
            .max() as Tensor,
          toleranceChange
        )
      )
        break
      if (Math.abs(loss - previousLoss) < toleranceChange) break
    }
    return first
  }

  /** The gradients of all parameters as one vector. */
  #flatGradient(): Tensor {
    const parts = this.#params.map((parameter) => {
      const grad = native.grad(parameter)
      if (grad === null) return parameter.detach().newZeros([parameter.numel()])
      return (native.isSparse(grad) ? grad.toDense() : grad).reshape(-1)
    })
    const flat = cat(parts)
    return this.paramGroups[0]?.maximize ? flat.neg_() : flat
  }

  #move(t: Scalar, direction: Tensor): void {
    let offset = 0
    for (const parameter of this.#params) {
      const size = parameter.numel()
      const part = direction.narrow(0, offset, size).viewAs(parameter)
      parameter.add_(part, { alpha: value(t) })
      offset += size
    }
  }

  override replaceParameter(parameter: Tensor, replacement: Tensor, mapState?: MapState): void {
    super.replaceParameter(parameter, replacement, mapState)
    this.#history = new LBFGSHistory()
  }

  override removeParameter(parameter: Tensor): void {
    super.removeParameter(parameter)
    this.#history = new LBFGSHistory()
  }

  /** As in Python, all is kept under the first parameter. */
  protected override readState(): Map<Tensor, Kept> {
    const [first] = this.#params
    const kept = this.#history.pack()
    return new Map(first && kept ? [[first, kept]] : [])
  }

  protected override writeState(kept: ReadonlyMap<Tensor, Kept>): void {
    const [first] = this.#params
    this.#history = new LBFGSHistory(first && kept.get(first))
    this.#history.outliveScopes()
  }

  protected override unpack(parameter: Tensor, saved: Kept): Kept {
    const size = this.#params.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
    return LBFGSHistory.check(saved, parameter, size)
  }
}

function number(loss: unknown): number {
  if (isTensor(loss)) return loss.item() as number
  if (typeof loss === 'number') return loss
  throw typeError('closure', 'a function that returns the loss', loss, 'return the loss')
}
