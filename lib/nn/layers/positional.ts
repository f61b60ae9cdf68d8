/**
 * Arguments that texts on PyTorch give by position, though they have defaults: Conv2d(3, 8, 5, 1, 2).
 */

/** Some of the values of `T` by position, then what is left as options. */
export type Rest<T extends readonly unknown[], Options> = T extends readonly [
  ...infer Fewer,
  unknown
]
  ? [...T, options?: Options] | Rest<Fewer, Options>
  : [options?: Options]

/**
 * The arguments after the required ones as options.
 * @throws TypeError for too many, or one that is given both ways
 */
export function asOptions<Options extends object>(
  name: string,
  names: readonly (keyof Options & string)[],
  rest: readonly unknown[]
): Options | undefined {
  const last = rest.at(-1)
  const isOptions = typeof (last ?? {}) === 'object' && !Array.isArray(last)
  const values = isOptions ? rest.slice(0, -1) : rest
  if (values.length === 0) return last as Options | undefined
  if (values.length > names.length) {
    throw new TypeError(
      `${name}: expected by position at most ${names.join(', ')}, got ${values.length} values; ` +
        'give the others as { name: value }'
    )
  }
  const made: Record<string, unknown> = Object.fromEntries(
    values.map((value, i) => [names[i], value])
  )
  if (!isOptions || last === undefined || last === null) return made as Options
  for (const key of Object.keys(made)) {
    if (made[key] !== undefined && Object.hasOwn(last, key)) {
      throw new TypeError(`${name}: '${key}' came by position and by keyword; give it once`)
    }
  }
  return { ...made, ...(last as object) } as Options
}
