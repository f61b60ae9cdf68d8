/**
 * Where a DataLoader is, as plain data and tensors that `save()` and `toMessage()` take.
 */
import { integer, options as checkOptions, rangeError, typeError } from '../check'
import { type Tensor, isTensor } from '../tensor'
import type { PassState } from './pass'

export interface DataLoaderState {
  /** Passes begun. */
  passes: number
  /** The number of samples, where it is known. */
  samples: number | null
  batchSize: number | null
  /** The pass that is under way; null between two. */
  pass: PassState | null
  /** The state of the loader's generator, where it has one of its own. */
  generator: Tensor | null
  /** That of its sampler's. */
  samplerGenerator: Tensor | null
}

/** A state for a loader of so many samples. @throws TypeError, RangeError where it is none */
export function checkedState(
  value: unknown,
  samples: number | null,
  batchSize: number | null
): DataLoaderState {
  const state = checkOptions<DataLoaderState>('state', value, [
    'passes',
    'samples',
    'batchSize',
    'pass',
    'generator',
    'samplerGenerator'
  ])
  integer('state.passes', state.passes)
  for (const name of ['generator', 'samplerGenerator'] as const) {
    const given = state[name]
    if (given !== null && !isTensor(given))
      throw typeError(`state.${name}`, 'a Tensor or null', given)
  }
  checkSamples(samples, state.samples)
  if (state.batchSize !== batchSize) {
    const remedy = 'make the loader with the batch size that the state is of'
    throw rangeError('state.batchSize', `${batchSize}`, state.batchSize, remedy)
  }
  if (state.pass !== null) checkPass(state.pass)
  return state
}

/** The number of samples that there are, and that a state tells; null where it is not known. */
export function checkSamples(samples: number | null, told: number | null): void {
  if (samples === null || told === null || samples === told) return
  const remedy = 'load the state of a loader of the same dataset'
  throw rangeError('state.samples', `${samples}, as the dataset has`, told, remedy)
}

function checkPass(value: unknown): void {
  const pass = checkOptions<PassState>('state.pass', value, [
    'baseSeed',
    'position',
    'pending',
    'indices',
    'streamed',
    'rng'
  ])
  if (typeof pass.baseSeed !== 'bigint' && !Number.isSafeInteger(pass.baseSeed))
    throw typeError('state.pass.baseSeed', 'a BigInt', pass.baseSeed)
  integer('state.pass.position', pass.position)
  integer('state.pass.streamed', pass.streamed)
  if (!Array.isArray(pass.pending)) throw typeError('state.pass.pending', 'an array', pass.pending)
  if (pass.rng !== null && !isTensor(pass.rng))
    throw typeError('state.pass.rng', 'a Tensor or null', pass.rng)
  const { indices } = pass as { indices: { order?: unknown; rest?: unknown } | null }
  if (indices === null || Array.isArray(indices.rest)) return
  const order = checkOptions<{ drawn: number; rest: unknown; generator: unknown }>(
    'state.pass.indices.order',
    indices.order ?? null,
    ['drawn', 'rest', 'generator']
  )
  integer('state.pass.indices.order.drawn', order.drawn)
  for (const name of ['rest', 'generator'] as const) {
    const given = order[name]
    if (given !== null && !isTensor(given))
      throw typeError(`state.pass.indices.order.${name}`, 'a Tensor or null', given)
  }
}
