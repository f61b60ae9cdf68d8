/**
 * What is thrown for a file that is not what it should be.
 */

const code = 'ERR_TORCH_BAD_FILE'

export interface BadFile extends Error {
  code: string
  /** The message without what comes before it. */
  reason: string
}

/** An Error "load: NAME: REASON" with `code` 'ERR_TORCH_BAD_FILE'. */
export function badFile(name: string, reason: string): BadFile {
  return Object.assign(new Error(`load: ${name}: ${reason}`), { code, reason })
}

export function isBadFile(error: unknown): error is BadFile {
  return error instanceof Error && (error as BadFile).code === code
}
