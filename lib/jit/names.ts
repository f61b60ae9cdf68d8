/**
 * Names in TorchScript source, which is what a file holds: one that cannot be written there would make
 * a file that nobody can read.
 */
import { typeError } from '../check'

const keywords = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except ' +
    'finally for from global if import in is lambda nonlocal not or pass raise return try while ' +
    'with yield'
  ).split(' ')
)

/** Printable ASCII. */
const plain = /^[\x20-\x7e]*$/

/** The name of a JavaScript class or function as one of a class there. */
export function className(name: string): string {
  const made = name.replaceAll(/\W/g, '_').replace(/^(?=\d|$)/, '_')
  return keywords.has(made) ? `${made}_` : made
}

/** The name of a parameter, buffer or module. */
export function partName(path: string, name: string): string {
  if (!plain.test(name) || /["\\]/.test(name) || keywords.has(name)) {
    throw typeError(
      path,
      'a name of printable ASCII that is no keyword of Python and holds no quotation mark or backslash',
      name,
      'rename it'
    )
  }
  return name
}

/** A result of a model; the keys of an object are checked. */
export function checkKeys<T>(result: T): T {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return result
  for (const key of Object.keys(result)) {
    if (!plain.test(key)) throw typeError('output', 'keys of printable ASCII', key, 'rename it')
  }
  return result
}
