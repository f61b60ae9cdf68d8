/**
 * Plain JavaScript values, with any names.
 */

/** An object literal, of any realm. */
export function isPlain(value: object): value is Record<string, unknown> {
  const prototype: object | null = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** `object[name] = value` that also takes the name '__proto__'. */
export function setEntry(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true
  })
}

/** Whether all of `text` can be written as UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
