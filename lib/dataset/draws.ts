/**
 * What Python's loader draws beside the orders themselves.
 */
import { typeError } from '../check'
import { empty } from '../creation'
import { Generator } from '../generator'
import { operator } from '../nn/define'

const random = operator('random_')

/** A seed from 0 to 2^63 - 1, as `torch.empty((), dtype=torch.int64).random_()` draws it. */
export function drawSeed(generator?: Generator): bigint {
  const drawn = random(empty([], { dtype: 'int64' }), generator ? { generator } : {})
  return (drawn.toTypedArray() as BigInt64Array)[0] as bigint
}

/** A Generator or undefined, which stands for the default one. */
export function generatorArgument(name: string, value: unknown): Generator | undefined {
  if (value === undefined || value === null) return undefined
  if (value instanceof Generator) return value
  throw typeError(name, 'a Generator', value, 'make one with new Generator().manualSeed(seed)')
}
