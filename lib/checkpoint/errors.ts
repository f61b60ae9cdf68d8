/**
 * What is thrown where a checkpoint cannot be written or read.
 */

/** An Error of a checkpoint folder. */
export interface CheckpointError extends Error {
  /** The system's, such as 'ENOSPC', or one of 'ERR_TORCH_CHECKPOINT_...'. */
  code: string
  /** The file or folder that it is about. */
  path: string
  /** The newest checkpoint that is there as before; null where there is none. */
  kept: string | null
}

const remedies: Record<string, string> = {
  ENOSPC: 'the disk is full: free some of it, keep fewer checkpoints, or use another disk',
  EDQUOT: 'your share of the disk is used up: free some of it, or use another disk',
  EFBIG: 'the file would be larger than allowed: raise the limit (ulimit -f)',
  EACCES: 'give this user the right to write there, or use another folder',
  EPERM: 'give this user the right to write there, or use another folder',
  EROFS: 'the file system is read-only: use another folder',
  ENOTDIR: 'it is a file, or in one: give the path of a folder',
  ENOENT: 'the folder went away in the meantime: leave it there, or use another one',
  EIO: 'the disk failed: use another one',
  EMFILE: 'the process has too many files open: close some, or raise the limit (ulimit -n)'
}

/** An Error with `code`, `path` and `kept`, which its message repeats, and the remedy. */
export function checkpointError(
  code: string,
  path: string,
  reason: string,
  remedy: string,
  { kept = null, cause }: { kept?: string | null; cause?: unknown } = {}
): CheckpointError {
  const message = `checkpoint ${path}: ${reason}; ${remedy}`
  return Object.assign(new Error(message, { cause }), { code, path, kept })
}

/** The same for an error of the system; any other one as it is. */
export function ofSystem(
  error: unknown,
  path: string,
  what: string,
  kept: string | null = null
): unknown {
  if (!isSystemError(error)) return error
  // mkdir's word for a file in the place of the folder.
  const code = error.code === 'EEXIST' ? 'ENOTDIR' : error.code
  const rest = kept === null ? 'there is no earlier checkpoint' : `${kept} is there as before`
  const remedy = remedies[code] ?? 'see what the system says about it'
  return checkpointError(code, path, `${what}: ${error.message}; ${rest}`, remedy, {
    kept,
    cause: error
  })
}

/** An Error of a system call. */
export function isSystemError(error: unknown): error is Error & { code: string } {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  return typeof code === 'string' && typeof syscall === 'string'
}
