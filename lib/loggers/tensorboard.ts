/**
 * Events as TensorBoard's scalars.
 */
import { readdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

import { options as checkOptions } from '../check'
import { type LoggedEvent, checkEvent, measures } from '../progress/event'
import { restartRecord, scalarRecord, versionRecord } from './event_file'
import { LogFile, couldNotWrite } from './log_file'
import type { Logger } from './logger'
import { checkPath } from './path'

/** TensorBoard has a time axis already. */
const scalars = measures.filter((name) => name !== 'seconds')
const groups: Partial<Record<LoggedEvent['type'], string>> = {
  progress: 'train',
  epoch: 'epoch',
  validation: 'validation'
}

/** When the event files of `folder` were begun, in seconds. */
function begun(folder: string): number[] {
  let names: string[] = []
  try {
    names = readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw couldNotWrite('TensorBoardLogger', folder, error)
  }
  return names
    .flatMap((name) => /^events\.out\.tfevents\.(\d{10})\./.exec(name)?.[1] ?? [])
    .map(Number)
}

/** TensorBoard reads a folder's files in the order of their names. */
function newFile(folder: string, earlier: readonly number[]): string {
  const time = Math.max(Math.floor(Date.now() / 1000), ...earlier.map((one) => one + 1))
  const host = hostname().replace(/[^\w.-]/g, '_')
  return join(
    folder,
    `events.out.tfevents.${String(time).padStart(10, '0')}.${host}.${process.pid}`
  )
}

/**
 * Writes an event file for TensorBoard into a folder: `train/loss`, `train/lr`,
 * `train/samplesPerSecond`, `train/dataWaitShare` and `train/METRIC` by step, likewise `epoch/...` and
 * `validation/...`. Values are float32, as in all such files. Each is with the system when `log` returns.
 *
 * A folder that has event files gets another one, as TensorBoard wants it. A resumed run repeats the
 * steps after its checkpoint: TensorBoard is told to take the later values.
 *
 * ```ts
 * const logger = new TensorBoardLogger('runs/first')
 * ```
 * Then: `tensorboard --logdir runs`.
 */
export class TensorBoardLogger implements Logger {
  readonly #file: LogFile
  #isResumed: boolean

  /**
   * @param folder is made where it does not exist
   * @throws LoggerError where it cannot be written
   */
  constructor(folder: string, options?: Record<string, never>) {
    checkPath('folder', folder)
    checkOptions('TensorBoardLogger', options, [])
    const earlier = begun(folder)
    this.#file = new LogFile('TensorBoardLogger', newFile(folder, earlier), true)
    this.#isResumed = earlier.length > 0
    this.#file.attempt(() => this.#file.append(versionRecord(Date.now() / 1000)))
  }

  /** The event file. */
  get path(): string {
    return this.#file.path
  }

  /** Events that could not be written. */
  get lost(): number {
    return this.#file.lost
  }

  /** @throws LoggerError where the first of one or more events in a row cannot be written */
  log(event: LoggedEvent): void {
    const { type, step, metrics = {} } = checkEvent(event)
    const group = groups[type]
    const values = [
      ...scalars.map((name) => [name, event[name]] as const),
      ...Object.entries(metrics)
    ]
    const known = values.flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[`${group}/${name}`, value] as const]
    )
    const seconds = Date.now() / 1000
    const records: Buffer[] = []
    // At its start a run tells the step that it goes on from, whose values stay.
    if (this.#isResumed) records.push(restartRecord(seconds, type === 'start' ? step + 1 : step))
    if (group !== undefined && known.length > 0) records.push(scalarRecord(seconds, step, known))
    this.#file.attempt(() => {
      this.#file.append(Buffer.concat(records))
      this.#isResumed = false
    })
  }

  close(): void {
    this.#file.close()
  }
}
