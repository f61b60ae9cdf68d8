/**
 * The configurations that a search tries.
 */
import { rangeError, typeError } from '../check'
import { rand } from '../random'
import { Generator } from '../generator'
import { type Configuration, type Dimension, type Space, choice } from './space'

const isDimension = (value: unknown): value is Dimension =>
  typeof value === 'object' && value !== null && typeof (value as Dimension).draw === 'function'

/** The space with a dimension for every name. @throws TypeError for no object, or an empty one */
export function dimensionsOf(space: Space): [string, Dimension][] {
  if (typeof space !== 'object' || space === null || Array.isArray(space))
    throw typeError('space', 'an object such as { lr: logUniform(1e-4, 1) }', space)
  const entries = Object.entries(space)
  if (entries.length === 0) throw rangeError('space', 'at least one name', space)
  return entries.map(([name, value]) => {
    if (isDimension(value)) return [name, value]
    return [name, choice(Array.isArray(value) ? value : [value])]
  })
}

/** Every combination of the values, the last name's changing fastest. */
export function grid(dimensions: readonly [string, Dimension][]): Configuration[] {
  let made: Configuration[] = [{}]
  for (const [name, { values }] of dimensions) {
    if (values === null) {
      throw typeError(`space.${name}`, 'countable values for a grid', null, 'give { points: n }')
    }
    made = made.flatMap((one) => values.map((value) => ({ ...one, [name]: value })))
  }
  return made
}

/** `count` random configurations, by `seed`. */
export function draw(
  dimensions: readonly [string, Dimension][],
  count: number,
  seed: number
): Configuration[] {
  const generator = new Generator().manualSeed(seed)
  const shape = [count, dimensions.length]
  const numbers = rand(shape, {
    dtype: 'float64',
    generator
  } as never).tolist() as unknown as number[][]
  return numbers.map((row) =>
    Object.fromEntries(dimensions.map(([name, one], i) => [name, one.draw(row[i] as number)]))
  )
}
