/**
 * Values as Python prints them.
 */

/** `True`, `None`, `(5,)`, `(0.9, 0.999)`, `1e-08`, whole numbers and text as they are. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return tuple(value.map(python))
  return typeof value === 'number' ? number(value) : String(value)
}

/** Numbers that are floats there: `1.0`, `1e-05`, `(2.0, 0.5)`. */
export function pythonFloat(value: number | readonly number[]): string {
  if (typeof value !== 'number') return tuple(value.map(pythonFloat))
  const text = number(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

/** `None`, or the value as `print` has it. */
export function orNone<T>(value: T | null, print: (value: T) => string): string {
  return value === null ? 'None' : print(value)
}

function tuple(texts: readonly string[]): string {
  return texts.length === 1 ? `(${texts[0]},)` : `(${texts.join(', ')})`
}

function number(value: number): string {
  const size = Math.abs(value)
  if (Number.isNaN(value)) return 'nan'
  if (size === Number.POSITIVE_INFINITY) return value > 0 ? 'inf' : '-inf'
  if (value === 0 || (size >= 1e-4 && size < 1e16)) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
