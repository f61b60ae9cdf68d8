/**
 * Reading checkpoint files: the checksum first, little by little, then what it covers.
 */
import { load } from '../serialization'
import type { RunOptions } from './run_options'
import { isSystemError } from './errors'
import { damageOf } from './seal'

/** What a file holds. */
export interface Saved {
  step: number
  options: RunOptions | null
  content: unknown
}

/** What is no fault of the file, and so no reason to take an older one. */
const faultsOfTheProcess = ['EMFILE', 'ENFILE', 'ENOMEM']

/** What is in the file, or why it is not whole; null where it went away. */
export async function readSaved(
  path: string,
  mapLocation: string
): Promise<Saved | { damage: string } | null> {
  try {
    const damage = await damageOf(path)
    return damage === null ? loadSaved(path, mapLocation) : { damage }
  } catch (error) {
    if (!isSystemError(error) || faultsOfTheProcess.includes(error.code)) throw error
    return error.code === 'ENOENT' ? null : { damage: error.message }
  }
}

function loadSaved(path: string, mapLocation: string): Saved | { damage: string } {
  try {
    const saved = load<Saved | null>(path, { mapLocation })
    return Number.isSafeInteger(saved?.step) ? (saved as Saved) : { damage: 'it is no checkpoint' }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_TORCH_BAD_FILE') throw error
    return { damage: (error as Error).message }
  }
}
