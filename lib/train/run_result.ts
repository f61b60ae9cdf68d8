/**
 * The result of a run out of what it has counted.
 */
import { getNumThreads } from '../runtime'
import type { Context } from './context'
import type { StopReason, TrainResult } from './result'
import type { ThreadTiming } from './threads'

interface Ending {
  timings: ThreadTiming[] | null
  checkpoint: string | null
  reason: StopReason
}

export function resultOf(
  { course, stepper }: Context,
  { timings, checkpoint, reason }: Ending
): TrainResult {
  return {
    epochs: course.epoch,
    steps: course.step,
    losses: Float64Array.from(course.losses),
    history: course.history,
    best: course.best,
    stoppedBy: reason,
    compiled: stepper.isCompiled,
    notCompiled: stepper.reason,
    threads: getNumThreads(),
    threadTimings: timings,
    dataWaitShare: course.dataWaitShare,
    seconds: course.seconds,
    checkpoint,
    skipped: course.skipped,
    rollbacks: course.rollbacks
  }
}
