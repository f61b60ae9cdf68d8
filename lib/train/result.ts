/**
 * What a run resolves to.
 */

/** Why a run ended. */
export type StopReason =
  | 'epochs'
  | 'steps'
  | 'loss'
  | 'gradNorm'
  | 'patience'
  | 'seconds'
  | 'signal'
  | 'stop'
  | 'nan'

/** One entry an epoch in each column. */
export interface History {
  epoch: number[]
  /** The epoch's mean training loss, each sample as its step saw it. */
  loss: number[]
  /** NaN where the epoch had no validation. */
  validationLoss: number[]
  lr: number[]
  /** Seconds since the run began. */
  seconds: number[]
  /** Metrics by name; NaN where the epoch had no validation. */
  metrics: Record<string, number[]>
}

/** The best epoch by what is monitored. */
export interface Best {
  epoch: number
  value: number
  monitor: string
}

export interface TrainResult {
  /** Epochs completed, by earlier runs that this one resumed too. */
  epochs: number
  /** Updates of the parameters, likewise. */
  steps: number
  /** The loss of every step, likewise; NaN where a step was left out. */
  losses: Float64Array
  history: History
  /** null before the first epoch was over. */
  best: Best | null
  stoppedBy: StopReason
  /** Whether the steps were recorded and replayed. */
  compiled: boolean
  /** Why not; null where they were. */
  notCompiled: string | null
  threads: number
  /** What `threads: 'auto'` measured, seconds a step; null for a given number. */
  threadTimings: { threads: number; seconds: number }[] | null
  /** The share of the time that went by waiting for data. */
  dataWaitShare: number
  /** Without pauses. */
  seconds: number
  /** The newest checkpoint's file; null without. */
  checkpoint: string | null
  /** Steps left out, and returns to an earlier state, because of NaN. */
  skipped: number
  rollbacks: number
}
