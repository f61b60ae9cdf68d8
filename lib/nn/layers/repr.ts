/**
 * Values as Python prints them.
 */

/** `1e-05`, `0.1`, `1.0`. */
export function pythonFloat(value: number): string {
  const [digits = '', power] = value.toExponential().split('e')
  const exponent = Number(power)
  if (exponent >= -4 && exponent < 16) return Number.isInteger(value) ? `${value}.0` : `${value}`
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** `True`, `False`. */
export function pythonBoolean(value: boolean): string {
  return value ? 'True' : 'False'
}

/** `(5,)`, `(5, 3)`. */
export function pythonTuple(values: readonly number[]): string {
  return `(${values.join(', ')}${values.length === 1 ? ',' : ''})`
}

/** `None`, or the value as `print` has it. */
export function orNone<T>(value: T | null, print: (value: T) => string): string {
  return value === null ? 'None' : print(value)
}
