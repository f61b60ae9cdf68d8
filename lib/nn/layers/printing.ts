/**
 * Values in a layer's text, as Python prints them.
 */

/** Numbers as they are, lists as tuples. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (!Array.isArray(value)) return String(value)
  return tuple(value.map(python))
}

/** Numbers as floats: 2 as 2.0. */
export function pythonFloat(value: number | readonly number[]): string {
  if (typeof value !== 'number') return tuple(value.map(pythonFloat))
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}

function tuple(texts: readonly string[]): string {
  return texts.length === 1 ? `(${texts[0]},)` : `(${texts.join(', ')})`
}
