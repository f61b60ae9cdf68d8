/**
 * What a run tells while it goes, and how it is iterated over.
 */
import type { StopReason } from './result'

/** The run begins. */
export interface StartEvent {
  type: 'start'
  /** Epochs and updates done before, by the run that is resumed; 0 for a new one. */
  epoch: number
  step: number
  /** How many epochs, and updates, there will be at most; null where that is not known. */
  epochs: number | null
  steps: number | null
  /** Samples in an epoch; null where that is not known. */
  samples: number | null
  /** Whether the step could be compiled, so far as is known before the first one. */
  compiled: boolean
  /** `'auto'` where it is measured before the first step. */
  threads: number | 'auto'
  /** The file that it goes on from. */
  resumedFrom: string | null
  /** Checkpoints that could not be read and were passed over. */
  skipped: { path: string; reason: string }[]
}

/** How far the run is, at most about ten times a second. */
export interface ProgressEvent {
  type: 'progress'
  /** The epoch that is running, from 1. */
  epoch: number
  /** Updates done. */
  step: number
  /** Of the newest step. */
  loss: number
  /** Of the first parameter group. */
  lr: number
  samplesPerSecond: number
  /** The share of the time that went by waiting for data. */
  dataWaitShare: number
  seconds: number
}

/** An epoch ended. */
export interface EpochEvent {
  type: 'epoch'
  epoch: number
  step: number
  /** The mean over the epoch's samples, each as its step saw it. */
  loss: number
  /** Over the validation data; null without. */
  validationLoss: number | null
  metrics: Record<string, number>
  /** That of the first parameter group in this epoch's last step. */
  lr: number
  /** Whether it is the best so far. */
  isBest: boolean
  seconds: number
}

/** The validation data were gone through. */
export interface ValidationEvent {
  type: 'validation'
  epoch: number
  step: number
  loss: number | null
  metrics: Record<string, number>
  seconds: number
}

/** A checkpoint was written. */
export interface CheckpointEvent {
  type: 'checkpoint'
  epoch: number
  step: number
  path: string
}

/** A loss, or with `onNaN: 'skip'` a gradient, was NaN or infinite. */
export interface NaNEvent {
  type: 'nan'
  epoch: number
  /** The update that it would have been. */
  step: number
  action: 'stop' | 'skip' | 'rollback'
  /** For a rollback: the update after which the parameters were as they are now again. */
  backTo: number | null
}

export interface PauseEvent {
  type: 'pause' | 'resume'
  epoch: number
  step: number
}

/** The last event. */
export interface StopEvent {
  type: 'stop'
  epoch: number
  step: number
  reason: StopReason
  seconds: number
}

export type TrainEvent =
  | StartEvent
  | ProgressEvent
  | EpochEvent
  | ValidationEvent
  | CheckpointEvent
  | NaNEvent
  | PauseEvent
  | StopEvent

/** The events that one `for await` has not read yet. */
export class EventQueue implements AsyncIterableIterator<TrainEvent> {
  readonly #waiting: TrainEvent[] = []
  #wake: (() => void) | null = null
  #ended = false
  #error: { reason: unknown } | null = null
  readonly #onReturn: () => void

  /** @param onReturn called when its reader wants no more */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn
  }

  push(event: TrainEvent): void {
    // A reader that is slow wants the newest state.
    if (event.type === 'progress' && this.#waiting.at(-1)?.type === 'progress') this.#waiting.pop()
    this.#waiting.push(event)
    this.#wake?.()
  }

  end(error: { reason: unknown } | null = null): void {
    this.#ended = true
    this.#error = error
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<TrainEvent>> {
    while (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
    const value = this.#waiting.shift()
    if (value !== undefined) return { done: false, value }
    const error = this.#error
    this.#error = null
    if (error) throw error.reason
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<TrainEvent>> {
    this.#waiting.length = 0
    this.#error = null
    this.#ended = true
    this.#onReturn()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
