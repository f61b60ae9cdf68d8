/**
 * A folder of checkpoints: the last few, each one file.
 */
import { join, resolve } from 'node:path'

import { options as checkOptions, integer, typeError } from '../check'
import { makeFolder, writeSealed } from './durable_file'
import { checkpointError, isSystemError, ofSystem } from './errors'
import { type CheckpointName, checkpointName, checkpointsAmong } from './file_names'
import { readdir, remove } from './file_system'
import { type Saved, readSaved } from './reader'
import { type RunOptions, differenceOf, runOptions } from './run_options'
import { sealLength } from './seal'
import { archiveOf, snapshot } from './snapshot'
import { removeStale } from './stale_files'

export interface CheckpointOptions {
  /** How many of the newest checkpoints stay. At least 1. Default 3. */
  keep?: number
  /**
   * The options of the run, as plain data. They are kept in every checkpoint; `latest()` refuses one
   * that was saved with others. Default: none, and nothing is compared.
   */
  options?: object
  /** Stands for the options, where they are more than plain data. Default: SHA-256 of `options`. */
  optionsHash?: string
}

export interface LatestOptions {
  /** As of `load`. Default `'cpu'`: `loadStateDict` brings everything to where it belongs. */
  mapLocation?: string
}

/** A file, and what is the matter with it. */
export interface SkippedFile {
  path: string
  reason: string
}

export interface SavedCheckpoint {
  path: string
  step: number
  /** Size of the file. */
  bytes: number
  /** The older checkpoints that were deleted. */
  removed: string[]
  /** Those that should have been. */
  notRemoved: SkippedFile[]
}

export interface Checkpoint<T = unknown> {
  path: string
  step: number
  /** What was given to `save`. */
  content: T
  /** Newer files that are damaged, newest first; this checkpoint is what they are replaced by. */
  skipped: SkippedFile[]
}

/**
 * The checkpoints of one run, in a folder that is made when the first is saved. Each is one .pt file,
 * `checkpoint-SEQUENCE-step-STEP.pt`, which Python's `torch.load` reads, with a checksum over all of it.
 */
export class CheckpointFolder {
  /** Absolute. */
  readonly path: string
  readonly #keep: number
  readonly #options: RunOptions | null
  /** Names of files that `latest()` found damaged: they do not count among those kept. */
  readonly #damaged = new Set<string>()
  #lastSave: Promise<unknown> = Promise.resolve()

  /** @throws TypeError, RangeError for a wrong argument. Nothing is read or made yet. */
  constructor(path: string, options?: CheckpointOptions) {
    const names = ['keep', 'options', 'optionsHash']
    const given = checkOptions<CheckpointOptions>('CheckpointFolder', options, names)
    if (typeof path !== 'string' || path === '' || path.includes('\0'))
      throw typeError('path', 'the path of a folder', path)
    this.path = resolve(path)
    this.#keep = given.keep === undefined ? 3 : integer('keep', given.keep, 1)
    this.#options = runOptions(given.options, given.optionsHash)
  }

  /**
   * Saves `content`, all that `torch.save` holds in a .pt file: tensors, numbers, strings, booleans,
   * BigInts and null, in arrays, plain objects and Maps. It is copied before `save` returns, so that
   * training can go on; the file is written meanwhile, one after the other where several are. The
   * promise resolves when the checkpoint would outlive a loss of power. Only then are those deleted
   * that are older than the `keep` newest.
   * @param step what the run has done so far, an integer >= 0; to tell checkpoints apart
   * @throws TypeError for a value that the format does not hold, with its place; CheckpointError with
   * `code`, `path`, `kept` and the remedy where it cannot be written: what was there before still is
   */
  async save(step: number, content: unknown): Promise<SavedCheckpoint> {
    integer('step', step)
    if (content === undefined) throw typeError('content', 'what to save', content)
    const copy = snapshot({ step, options: this.#options, content })
    const saved = this.#lastSave.then(async () => {
      const name = checkpointName(await this.#prepare(), step)
      const bytes = await this.#guarded(`${name} cannot be saved`, () =>
        writeSealed(this.path, name, archiveOf(copy, sealLength))
      )
      return { path: join(this.path, name), step, bytes, ...(await this.#prune(name)) }
    })
    this.#lastSave = saved.catch(() => {})
    return saved
  }

  /**
   * The newest checkpoint that is whole, which is the one that was saved last; null where none was
   * ever saved. Waits for the saves of this object. Damaged files stay and are told in `skipped`.
   * @throws CheckpointError `ERR_TORCH_CHECKPOINT_OPTIONS`, which names what differs, where it was saved
   * with other options; `ERR_TORCH_CHECKPOINT_DAMAGED` where there are checkpoints, but none is whole;
   * the system's code where the folder cannot be read
   */
  async latest<T = unknown>(options?: LatestOptions): Promise<Checkpoint<T> | null> {
    const { mapLocation = 'cpu' } = checkOptions<LatestOptions>('latest', options, ['mapLocation'])
    await this.#lastSave
    const skipped: SkippedFile[] = []
    const names = await this.#guarded('it cannot be read', () => namesIn(this.path))
    for (const { name } of checkpointsAmong(names)) {
      const path = join(this.path, name)
      const found = await readSaved(path, mapLocation)
      if (found === null) continue
      if ('damage' in found) {
        this.#damaged.add(name)
        skipped.push({ path, reason: found.damage })
        continue
      }
      this.#compareOptions(path, found)
      return { path, step: found.step, content: found.content as T, skipped }
    }
    if (skipped.length === 0) return null
    const list = skipped.map(({ path, reason }) => `${path}: ${reason}`).join('; ')
    throw checkpointError(
      'ERR_TORCH_CHECKPOINT_DAMAGED',
      this.path,
      `none of ${skipped.length} checkpoints is whole: ${list}`,
      'bring back a copy of one, or start anew in another folder'
    )
  }

  /** Makes the folder, or frees it of what killed processes left. The number of the next save. */
  async #prepare(): Promise<number> {
    return this.#guarded('it cannot be used as the folder', async () => {
      await makeFolder(this.path)
      const names = await readdir(this.path)
      await removeStale(this.path, names)
      return (checkpointsAmong(names)[0]?.sequence ?? 0) + 1
    })
  }

  /** Deletes what is older than the newest ones, of which `saved` is one. */
  async #prune(saved: string): Promise<{ removed: string[]; notRemoved: SkippedFile[] }> {
    const removed: string[] = []
    const notRemoved: SkippedFile[] = []
    this.#damaged.delete(saved)
    const names = await this.#guarded('old ones cannot be deleted', () => namesIn(this.path))
    const files = checkpointsAmong(names)
    for (const { name } of files.slice(this.#kept(files))) {
      const path = join(this.path, name)
      if (name === saved) continue
      try {
        await remove(path)
        removed.push(path)
      } catch (error) {
        notRemoved.push({ path, reason: (error as Error).message })
      }
    }
    return { removed, notRemoved }
  }

  /** How many of the newest `files` have `keep` among them that are not known to be damaged. */
  #kept(files: readonly CheckpointName[]): number {
    let whole = 0
    const last = files.findIndex(({ name }) => !this.#damaged.has(name) && ++whole === this.#keep)
    return last < 0 ? files.length : last + 1
  }

  #compareOptions(path: string, { options }: Saved): void {
    const difference = this.#options && differenceOf(options, this.#options)
    if (difference === null) return
    throw checkpointError(
      'ERR_TORCH_CHECKPOINT_OPTIONS',
      path,
      `it was saved with other options: ${difference}`,
      'go on with those, or save to another folder',
      { kept: path }
    )
  }

  /** Says what of this folder is left where the system refuses something. */
  async #guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!isSystemError(error)) throw error
      throw ofSystem(error, this.path, what, await this.#newest())
    }
  }

  async #newest(): Promise<string | null> {
    const files = checkpointsAmong(await namesIn(this.path).catch(() => []))
    const newest = files.find(({ name }) => !this.#damaged.has(name))
    return newest === undefined ? null : join(this.path, newest.name)
  }
}

/** The names in a folder; none where it is not there. */
async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
