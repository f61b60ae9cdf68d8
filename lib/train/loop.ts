/**
 * The training loop.
 */
import type { Checkpoint } from '../checkpoint'
import type { Tensor } from '../tensor'
import { Module } from '../nn/module'
import { manualSeed } from '../runtime'
import { turn } from '../pacer'
import { type FlatBatch, moved } from './batch'
import type { Plan } from './check_options'
import { CheckpointWriter, findCheckpoint } from './checkpoints'
import { type Context, learningRate } from './context'
import { Course } from './course'
import { endEpoch } from './epoch_end'
import { JoinedEpochs } from './joined_epochs'
import { NaNGuard } from './nan'
import { listen } from './outside'
import type { Pass, PlainPass } from './pass'
import { resultOf } from './run_result'
import type { TrainResult } from './result'
import { looksAtLosses } from './schedule'
import { SingleSteps } from './single'
import { Weights } from './snapshot'
import { Stepper } from './stepper'
import { type Report, Stretches } from './stretch'
import { Threads } from './threads'
import { drawsOf, loadTrainState, restoreDraws, type Running, type TrainState } from './train_state'

/** Milliseconds between two events of progress. */
const reportEvery = 100

export class Loop {
  readonly #plan: Plan
  readonly #context: Context
  readonly #course: Course
  readonly #guard: NaNGuard
  readonly #threads: Threads
  readonly #single: SingleSteps
  readonly #joined: JoinedEpochs
  readonly #stretches: Stretches
  readonly #writer: CheckpointWriter
  readonly #settle: () => Promise<void>
  #running: Running
  #moved: { from: FlatBatch; to: FlatBatch } | null = null
  #reported = 0

  /** @param settle waits until all have taken the events that they were given */
  constructor(
    { plan, interrupts, emit }: Pick<Context, 'plan' | 'interrupts' | 'emit'>,
    settle: () => Promise<void>
  ) {
    if (plan.device !== null) {
      plan.model.to({ device: plan.device })
      if (plan.loss instanceof Module) plan.loss.to({ device: plan.device })
    }
    const stepper = new Stepper(plan)
    this.#course = new Course(plan.metrics.map(({ name }) => name))
    this.#context = { plan, interrupts, emit, stepper, course: this.#course }
    this.#plan = plan
    this.#settle = settle
    this.#running = { course: this.#course, pass: null, bestWeights: null, scaler: stepper.scaler }
    this.#guard = new NaNGuard(this.#context)
    this.#threads = new Threads(this.#context)
    this.#single = new SingleSteps(this.#context, this.#guard, this.#threads)
    const report: Report = (...newest) => this.#report(...newest)
    this.#joined = new JoinedEpochs(plan, this.#course)
    this.#stretches = new Stretches(this.#context, this.#guard, this.#threads, report, {
      atOnce: (pass) => this.#joined.atOnce(pass),
      next: async (pass) => {
        await this.#endEpoch(pass)
        return this.#begin().pass as PlainPass
      }
    })
    this.#writer = new CheckpointWriter(this.#context)
  }

  async run(): Promise<TrainResult> {
    const { plan, interrupts } = this.#context
    const stopListening = listen(plan, interrupts)
    try {
      await this.#prepare()
      while (!this.#isOver()) {
        if (!this.#running.pass) this.#begin()
        const over = await this.#through()
        if (!over) break
        await this.#endEpoch(over)
      }
      this.#isOver()
      return await this.#finish()
    } finally {
      stopListening()
      this.#threads.end()
      await this.#running.pass?.pass.close(false)
      await this.#writer.idle()
      this.#single.begin()
      this.#guard.dispose()
    }
  }

  async #prepare(): Promise<void> {
    const { model, seed, threads } = this.#plan
    if (seed !== null) manualSeed(seed)
    if (!model.training) model.train()
    const found = await findCheckpoint(this.#plan)
    this.#course.start()
    if (found) await this.#resume(found)
    this.#threads.begin()
    const { epochs, steps, source } = this.#plan
    this.#context.emit({
      type: 'start',
      epoch: this.#course.epoch,
      step: this.#course.step,
      epochs: Number.isFinite(epochs) ? epochs : null,
      steps: Number.isFinite(steps) ? steps : null,
      samples: source.samples,
      compiled: this.#context.stepper.isCompiled,
      threads: threads ?? this.#threads.count,
      resumedFrom: found?.path ?? null,
      skipped: found?.skipped ?? []
    })
  }

  async #resume({ path, content }: Checkpoint): Promise<void> {
    const state: TrainState = loadTrainState(path, content, this.#plan, this.#running)
    if (state.bestWeights) {
      this.#running.bestWeights = new Weights(
        this.#plan.model,
        this.#plan.optimizer,
        state.bestWeights
      )
    }
    const { source } = this.#plan
    if (state.source && source.load) {
      source.load(state.source)
      if (state.pass) this.#begin()
    } else if (state.pass) {
      if (state.pass.draws) restoreDraws(this.#plan, state.pass.draws)
      const { pass } = this.#begin(state.pass.order)
      await pass.skip(state.pass.position)
    }
    restoreDraws(this.#plan, state.draws)
    // Another folder has none of this run yet.
    if (this.#plan.resume === true) this.#writer.resumed(path, this.#running)
  }

  /** Whether there is nothing left to do. */
  #isOver(): boolean {
    const { epochs, steps } = this.#plan
    const { interrupts } = this.#context
    if (this.#course.epoch >= epochs) interrupts.stop('epochs')
    else if (this.#course.step >= steps) interrupts.stop('steps')
    return interrupts.reason !== null
  }

  #begin(order?: Tensor | null): { pass: Pass } {
    // An order over tensors is kept itself; what makes other batches must draw the same again.
    const isNeeded = this.#plan.checkpoint !== null && this.#plan.source.samples === null
    const draws = isNeeded ? drawsOf(this.#plan) : null
    const pass = this.#plan.source.begin(order)
    if (pass.isPlain) pass.data = this.#onDevice(pass.data)
    this.#running.pass = { pass, draws }
    this.#single.begin()
    this.#guard.keepGood()
    return { pass }
  }

  #onDevice(data: FlatBatch): FlatBatch {
    if (this.#moved?.from.tensors.every((tensor, i) => tensor === data.tensors[i]))
      return this.#moved.to
    this.#moved = { from: data, to: moved(data, this.#plan.device) }
    return this.#moved.to
  }

  /** Steps through the pass that has begun. The pass that was gone through to its end; null for none. */
  async #through(): Promise<Pass | null> {
    for (;;) {
      // A stretch may have begun another one.
      const { pass } = this.#running.pass as { pass: Pass }
      const isDone = pass.isPlain && pass.position >= pass.batches
      if (this.#course.step >= this.#plan.steps) return isDone ? pass : null
      if (await this.#between()) return null
      if (isDone) return pass
      const { schedule } = this.#plan
      if (pass.isPlain && !(schedule && looksAtLosses(schedule))) {
        const start = performance.now()
        await this.#stretches.run(pass)
        this.#joined.lasted((performance.now() - start) / 1000)
        this.#report(this.#course.losses.last, 0, 0)
      } else {
        const loss = await this.#single.next(pass)
        if (loss === null) return pass
        this.#report(loss, 0, 0)
      }
      await turn()
    }
  }

  /** What waits for the place between two steps. Whether the run is to end there. */
  async #between(): Promise<boolean> {
    const { interrupts, emit } = this.#context
    const { epoch, step } = this.#course
    if (interrupts.isPaused) {
      emit({ type: 'pause', epoch, step })
      await this.#course.outOfTime(() => interrupts.whilePaused())
      emit({ type: 'resume', epoch, step })
    }
    if (interrupts.isCheckpointDue) {
      interrupts.isCheckpointDue = false
      await this.#writer.write(this.#running)
    }
    this.#writer.check()
    await this.#settle()
    return interrupts.reason !== null
  }

  async #endEpoch(pass: Pass): Promise<void> {
    // A loader that was resumed after its last batch has none left.
    if (pass.position === 0 && this.#course.samples === 0) {
      throw new RangeError(
        `data: expected batches in epoch ${this.#course.epoch + 1}, got none; a generator runs only ` +
          'once: give a function that makes one'
      )
    }
    await pass.close(true)
    this.#running.pass = null
    const isBest = await endEpoch(this.#context)
    if (isBest && this.#plan.restoreBest) {
      this.#running.bestWeights?.dispose()
      this.#running.bestWeights = new Weights(this.#plan.model, this.#plan.optimizer)
    }
    if (this.#writer.isDue()) await this.#writer.write(this.#running)
    await this.#settle()
    await turn()
  }

  #report(loss: number, steps: number, samples: number): void {
    const now = performance.now()
    if (now - this.#reported < reportEvery) return
    this.#reported = now
    const course = this.#course
    const own = course.seconds - course.secondsBefore
    this.#context.emit({
      type: 'progress',
      epoch: course.epoch + 1,
      step: course.step + steps,
      loss,
      lr: learningRate(this.#plan),
      samplesPerSecond: own > 0 ? (course.total + samples) / own : 0,
      dataWaitShare: course.dataWaitShare,
      seconds: course.seconds
    })
  }

  async #finish(): Promise<TrainResult> {
    const { epoch, step, seconds } = this.#course
    const reason = this.#context.interrupts.reason ?? 'stop'
    // What follows a NaN is no place to go on from.
    if (reason !== 'nan') await this.#writer.write(this.#running)
    await this.#writer.settle()
    if (this.#plan.restoreBest) this.#running.bestWeights?.restore()
    const { path } = this.#writer
    const result = resultOf(this.#context, {
      threads: this.#threads,
      checkpoint: path,
      reason
    })
    this.#context.emit({ type: 'stop', epoch, step, reason, seconds })
    await this.#settle()
    return result
  }
}
