/**
 * The path that a logger is given.
 */
import { typeError } from '../check'

export function checkPath(name: string, path: unknown): string {
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw typeError(name, 'a path', path)
  return path
}
