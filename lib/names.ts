/**
 * Names on the other side: libtorch and Python write snake_case, this library camelCase.
 */

/** 'weightDecay' -> 'weight_decay'; a trailing underscore stays. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** 'index_select' -> 'indexSelect'; an underscore at either end stays. */
export function camelCase(name: string): string {
  return name.replace(/(?!^)_(.)/g, (_, letter: string) => letter.toUpperCase())
}
