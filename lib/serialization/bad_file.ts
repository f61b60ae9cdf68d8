/**
 * What is thrown for a file that is not what it should be.
 */

/** An Error "load: NAME: REASON" with `code` 'ERR_TORCH_BAD_FILE'. */
export function badFile(name: string, reason: string): Error {
  return Object.assign(new Error(`load: ${name}: ${reason}`), { code: 'ERR_TORCH_BAD_FILE' })
}
