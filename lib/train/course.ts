/**
 * How far a run is: what it has counted and measured.
 */
import { Losses } from './losses'
import type { Figures, Monitor } from './monitor'
import { figure, isBetter } from './monitor'
import type { Best, History } from './result'

/** Where in the middle of an epoch the counts stand. */
export interface Counts {
  step: number
  /** Of the running epoch: the sum of its samples' losses, and how many samples that were. */
  sum: number
  samples: number
}

export class Course {
  /** Epochs completed. */
  epoch = 0
  step = 0
  sum = 0
  samples = 0
  /** Samples that this run has learnt from. */
  total = 0
  /** Of every step. */
  losses = new Losses()
  skipped = 0
  rollbacks = 0
  best: Best | null = null
  /** Epochs since the best one. */
  waited = 0
  /** Seconds that earlier runs took. */
  secondsBefore = 0
  history: History
  #started = performance.now()
  #paused = 0
  /** Milliseconds of waiting for data. */
  #waiting = 0

  constructor(metrics: readonly string[]) {
    this.history = {
      epoch: [],
      loss: [],
      validationLoss: [],
      lr: [],
      seconds: [],
      metrics: Object.fromEntries(metrics.map((name) => [name, []]))
    }
  }

  /** A step was done, with the mean loss of so many samples. */
  add(loss: number, samples: number): void {
    this.step += 1
    this.losses.push(loss)
    this.sum += loss * samples
    this.samples += samples
    this.total += samples
  }

  /** A step was left out. */
  leaveOut(): void {
    this.step += 1
    this.losses.push(Number.NaN)
    this.skipped += 1
  }

  get counts(): Counts {
    return { step: this.step, sum: this.sum, samples: this.samples }
  }

  /** Goes back to counts of before. */
  set counts({ step, sum, samples }: Counts) {
    Object.assign(this, { step, sum, samples })
    this.losses.cut(step)
  }

  /** The mean loss of the running epoch; NaN where all of its steps were left out. */
  get epochLoss(): number {
    return this.sum / this.samples
  }

  /** The epoch is over. Whether it is the best so far. */
  endEpoch(figures: Figures, lr: number, monitor: Monitor, minDelta: number): boolean {
    this.epoch += 1
    this.sum = 0
    this.samples = 0
    const { history } = this
    history.epoch.push(this.epoch)
    history.loss.push(figures.loss)
    history.validationLoss.push(figures.validationLoss ?? Number.NaN)
    history.lr.push(lr)
    history.seconds.push(this.seconds)
    for (const [name, column] of Object.entries(history.metrics))
      column.push(figures.metrics[name] ?? Number.NaN)
    return this.#isBest(figures, monitor, minDelta)
  }

  #isBest(figures: Figures, { name, mode }: Monitor, minDelta: number): boolean {
    const value = figure(figures, name)
    // Not measured in this epoch: neither better nor worse.
    if (value === null) return false
    const found =
      this.best === null ? !Number.isNaN(value) : isBetter(mode, value, this.best.value, minDelta)
    if (found) this.best = { epoch: this.epoch, value, monitor: name }
    this.waited = found ? 0 : this.waited + 1
    return found
  }

  /** The clock starts. */
  start(): void {
    this.#started = performance.now()
  }

  /** Seconds since the first run's start, without pauses. */
  get seconds(): number {
    return this.secondsBefore + (performance.now() - this.#started - this.#paused) / 1000
  }

  /** The share of this run's time that went by waiting for data. */
  get dataWaitShare(): number {
    const milliseconds = (this.seconds - this.secondsBefore) * 1000
    return milliseconds > 0 ? Math.min(1, this.#waiting / milliseconds) : 0
  }

  /** Counts the time of `work` as waiting for data. */
  async waitFor<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await work()
    } finally {
      this.#waiting += performance.now() - start
    }
  }

  /** Leaves the time of `work` out. */
  async outOfTime<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await work()
    } finally {
      this.#paused += performance.now() - start
    }
  }
}
