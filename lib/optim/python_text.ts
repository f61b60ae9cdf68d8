/**
 * Values as Python prints them.
 */

/** `True`, `None`, `(0.9, 0.999)`, `1e-08`, text as it is. */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `(${value.map(pythonText).join(', ')})`
  return typeof value === 'number' ? pythonNumber(value) : String(value)
}

function pythonNumber(value: number): string {
  const size = Math.abs(value)
  if (value === 0 || (size >= 1e-4 && size < 1e16)) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
