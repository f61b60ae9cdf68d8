/**
 * What the three methods share: when to stop, what to write down, what to return.
 */
import { type nn, noGrad, type Tensor } from 'node-libtorch'

import type { Dataset, Samples } from './data'

/** Which criterion ended a run; 'stopped' where the caller's signal did. */
export type Ending = 'loss' | 'gradNorm' | 'limit' | 'stopped'

export interface Curve {
  /** Updates of theta made so far. */
  step: number[]
  /** Samples whose gradients went into these updates. */
  samples: number[]
  /** J(theta) over all training samples. */
  loss: number[]
}

export interface Result {
  method: string
  /** Passes over the training samples. */
  epochs: number
  /** Updates of theta. */
  steps: number
  samplesSeen: number
  seconds: number
  /** J over the training samples at the end, in units of the target's variance. */
  trainLoss: number
  heldOutLoss: number
  /** Norm of the gradient of J at the last check. */
  gradNorm: number
  curve: Curve
  converged: Ending
}

export interface Progress {
  method: string
  epoch: number
  epochLimit: number
  loss: number
}

export interface RunOptions {
  /** Seed of the first weights and of the order of samples. Default 0. */
  seed?: number
  /** Learning rate, > 0. */
  lr?: number
  /** Converged when J changes by no more than this from check to check. */
  lossTolerance?: number
  /** Converged when the norm of grad J is no larger. */
  gradTolerance?: number
  /** The most epochs. */
  epochLimit?: number
  /** Called about ten times a second, and at the end. */
  onProgress?: (progress: Progress) => void
  /** Ends the run after the current step. */
  signal?: AbortSignal
}

export type Method = (data: Dataset, options?: RunOptions) => Promise<Result>

/** J over `samples`, outside autograd. */
export function lossOver(model: nn.Linear, criterion: nn.MSELoss, samples: Samples): number {
  return noGrad(() => criterion(model(samples.x), samples.y).item())
}

/** Norm of the gradients of all parameters, as one vector. */
export function gradientNorm(parameters: readonly Tensor[]): number {
  return Math.hypot(...parameters.map(({ grad }) => (grad ? grad.norm().item() : 0)))
}

/**
 * The stopping rule: |J - previous J| <= lossTolerance, for `patience` checks in a row, or
 * |grad J| <= gradTolerance.
 */
export class Convergence {
  #previous = Number.POSITIVE_INFINITY
  #quiet = 0

  constructor(readonly rule: { lossTolerance: number; gradTolerance: number; patience: number }) {}

  /** The criterion that is met, or null to go on. */
  check(loss: number, gradNorm: number): 'loss' | 'gradNorm' | null {
    if (!Number.isFinite(loss)) {
      throw new RangeError(
        `lr: expected a learning rate that converges, got the loss ${loss}; take a smaller one`
      )
    }
    const change = Math.abs(loss - this.#previous)
    this.#previous = loss
    this.#quiet = change <= this.rule.lossTolerance ? this.#quiet + 1 : 0
    if (gradNorm <= this.rule.gradTolerance) return 'gradNorm'
    return this.#quiet >= this.rule.patience ? 'loss' : null
  }
}

/** A run's clock, curve and progress. */
export class Logbook {
  readonly curve: Curve = { step: [], samples: [], loss: [] }
  #start = performance.now()
  #lastPause = this.#start
  #nextStep = 0

  constructor(
    readonly method: string,
    readonly options: {
      epochLimit: number
      onProgress?: RunOptions['onProgress']
      signal?: AbortSignal
    }
  ) {}

  /** Whether the curve wants a point here: about 40 of them between n steps and 10 n. */
  wants(step: number): boolean {
    return step >= this.#nextStep
  }

  point(step: number, samples: number, loss: number): void {
    const { curve } = this
    if (curve.step.at(-1) === step) return
    curve.step.push(step)
    curve.samples.push(samples)
    curve.loss.push(loss)
    this.#nextStep = Math.max(step + 1, Math.ceil(step * 1.06))
  }

  /**
   * Ten times a second: reports, and lets the event loop turn, as Ctrl-C arrives by it.
   * @returns whether the run should stop
   */
  async pause(epoch: number): Promise<boolean> {
    if (performance.now() - this.#lastPause < 100) return false
    this.#report(epoch)
    await new Promise((resolve) => setImmediate(resolve))
    this.#lastPause = performance.now()
    return this.options.signal?.aborted ?? false
  }

  finish(end: Omit<Result, 'method' | 'seconds' | 'curve'>): Result {
    const { method, curve } = this
    this.point(end.steps, end.samplesSeen, end.trainLoss)
    this.#report(end.epochs)
    return { method, ...end, seconds: (performance.now() - this.#start) / 1000, curve }
  }

  #report(epoch: number): void {
    const { epochLimit, onProgress } = this.options
    onProgress?.({
      method: this.method,
      epoch,
      epochLimit,
      loss: this.curve.loss.at(-1) ?? Number.NaN
    })
  }
}
