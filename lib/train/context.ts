/**
 * What the parts of a run share.
 */
import type { Plan } from './check_options'
import type { Course } from './course'
import type { TrainEvent } from './events'
import type { Interrupts } from './interrupts'
import { Snapshot } from './snapshot'
import type { Stepper } from './stepper'

export interface Context {
  readonly plan: Plan
  readonly course: Course
  readonly stepper: Stepper
  readonly interrupts: Interrupts
  emit(event: TrainEvent): void
}

export function learningRate({ optimizer }: Plan): number {
  return optimizer.paramGroups[0]?.lr ?? Number.NaN
}

export function takeSnapshotInTurns({ plan, course }: Context): Promise<Snapshot> {
  const { model, optimizer, schedule } = plan
  return Snapshot.inTurns(course.step, model, optimizer, schedule?.scheduler ?? null)
}

export function takeSnapshot({ plan, course }: Context): Snapshot {
  return new Snapshot(course.step, plan.model, plan.optimizer, plan.schedule?.scheduler ?? null)
}
