/**
 * Names on the other side: libtorch and Python write snake_case, this library camelCase.
 */

/** 'weightDecay' -> 'weight_decay'; a trailing underscore stays. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
