/**
 * The result of a run out of what it has counted.
 */
import type { Context } from './context'
import type { StopReason, TrainResult } from './result'
import type { Threads } from './threads'

interface Ending {
  threads: Threads
  checkpoint: string | null
  reason: StopReason
}

export function resultOf(
  { course, stepper }: Context,
  { threads, checkpoint, reason }: Ending
): TrainResult {
  return {
    epochs: course.epoch,
    steps: course.step,
    losses: course.losses.toArray(),
    history: course.history,
    best: course.best,
    stoppedBy: reason,
    compiled: stepper.isCompiled,
    notCompiled: stepper.reason,
    threads: threads.count,
    threadTimings: threads.timings,
    dataWaitShare: course.dataWaitShare,
    seconds: course.seconds,
    checkpoint,
    skipped: course.skipped,
    rollbacks: course.rollbacks
  }
}
