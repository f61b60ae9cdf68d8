/**
 * When a run writes checkpoints, and the one that it goes on from.
 */
import { type Checkpoint, CheckpointFolder } from '../checkpoint'
import type { Plan } from './check_options'
import type { Context } from './context'
import { courseOptions, type Running, trainState } from './train_state'

function folder(plan: Plan, path: string, keep: number): CheckpointFolder {
  return new CheckpointFolder(path, { keep, options: courseOptions(plan) })
}

/** What the run is to go on from; null for a new one. @throws Error where a folder was named and has none */
export async function findCheckpoint(plan: Plan): Promise<Checkpoint | null> {
  const { resume, checkpoint } = plan
  if (resume === false) return null
  const path = resume === true ? checkpoint?.path : resume
  if (path === undefined) return null
  const found = await folder(plan, path, checkpoint?.keep ?? 1).latest()
  if (!found && typeof resume === 'string')
    throw new Error(
      `resume: expected a checkpoint in ${path}, got none; use resume: true to begin where there is none`
    )
  return found
}

export class CheckpointWriter {
  readonly #context: Context
  readonly #folder: CheckpointFolder | null
  /** The newest file. */
  path: string | null = null
  /** What the newest one holds. */
  #at = ''
  #writing: Promise<void> = Promise.resolve()
  #failure: { reason: unknown } | null = null

  constructor(context: Context) {
    const { checkpoint } = context.plan
    this.#context = context
    this.#folder = checkpoint ? folder(context.plan, checkpoint.path, checkpoint.keep) : null
  }

  /** The run goes on from the file at `path`: as long as nothing happens there is nothing to write. */
  resumed(path: string, running: Running): void {
    this.path = path
    this.#at = this.#placeOf(running)
  }

  #placeOf({ pass }: Running): string {
    const { epoch, step } = this.#context.course
    return `${epoch} ${step} ${pass?.pass.position}`
  }

  /** Whether one is due after the epoch that has ended. */
  isDue(): boolean {
    const every = this.#context.plan.checkpoint?.everyEpochs
    return every !== undefined && this.#context.course.epoch % every === 0
  }

  /** Writes one, unless the newest holds the same, while training goes on. One at a time. */
  async write(running: Running): Promise<void> {
    const { plan, course } = this.#context
    const { epoch, step } = course
    const at = this.#placeOf(running)
    if (!this.#folder || at === this.#at) return
    await this.settle()
    this.#at = at
    this.#writing = this.#folder.save(step, trainState(plan, running)).then(
      ({ path }) => {
        this.path = path
        this.#context.emit({ type: 'checkpoint', epoch, step, path })
      },
      (reason: unknown) => {
        this.#failure = { reason }
      }
    )
  }

  /** Waits for the one that is being written. @throws what went wrong */
  async settle(): Promise<void> {
    await this.#writing
    this.check()
  }

  /** Waits for the one that is being written, whatever becomes of it. */
  async idle(): Promise<void> {
    await this.#writing
  }

  /** @throws what has gone wrong so far */
  check(): void {
    const failure = this.#failure
    this.#failure = null
    if (failure) throw failure.reason
  }
}
