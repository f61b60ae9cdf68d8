/**
 * Epochs between which nothing happens, as in gradient descent on all samples: a stretch of steps
 * goes through several of them.
 */
import type { Plan } from './check_options'
import type { Course } from './course'
import type { PlainPass } from './pass'

/** Seconds that a stretch should last: what it has done is told after it. */
const [shortest, longest] = [0.05, 0.2]

/** Whether the end of an epoch is for counting only. */
function isQuiet({ source, validation, metrics, schedule, stopWhen, restoreBest, onNaN }: Plan) {
  const { loss, gradNorm, patience } = stopWhen
  const ends = [loss, gradNorm, patience].some((limit) => limit !== undefined)
  const looks = validation !== null || metrics.length > 0 || schedule !== null || restoreBest
  return source.repeats && !ends && !looks && onNaN !== 'rollback'
}

export class JoinedEpochs {
  readonly #plan: Plan
  readonly #course: Course
  readonly #isQuiet: boolean
  #count = 1

  constructor(plan: Plan, course: Course) {
    this.#plan = plan
    this.#course = course
    this.#isQuiet = isQuiet(plan)
  }

  /** How many epochs a stretch from here on may go through. */
  atOnce(pass: PlainPass): number {
    if (!this.#isQuiet || pass.position > 0) return 1
    const { epochs, checkpoint } = this.#plan
    const { epoch } = this.#course
    const { everyEpochs } = checkpoint ?? {}
    const every = everyEpochs ? everyEpochs - (epoch % everyEpochs) : Number.POSITIVE_INFINITY
    return Math.min(this.#count, epochs - epoch, every)
  }

  /** A stretch lasted so long. */
  lasted(seconds: number): void {
    if (seconds < shortest) this.#count *= 2
    else if (seconds > longest) this.#count = Math.max(1, this.#count / 2)
  }
}
