/**
 * Orders of samples, with Python's draws for the same seed.
 * Source: https://pytorch.org/docs/stable/data.html#data-loading-order-and-sampler
 */
import { boolean, integer, rangeError, typeError } from '../check'
import { arange } from '../creation'
import { tensor } from '../data'
import type { Generator } from '../generator'
import { type Optional, keywords } from '../nn/keywords'
import { operator } from '../nn/define'
import { randint, randperm } from '../random'
import { type Tensor, isTensor } from '../tensor'
import { indexList } from './dataset'
import { generatorArgument } from './draws'
import { DrawnOrder } from './drawn_order'

/** An order: anything that gives indices. */
export interface Sampler extends Iterable<number> {
  /** How many indices it gives. */
  readonly length?: number
}

/** What has samples: a dataset, an array, a tensor. */
export type Sized = { readonly length: number } | Tensor

/** An order as it is drawn: in parts, each when the one before is used up. */
export interface OrderPlan {
  parts: number
  /** The indices of a part, int64. */
  draw(part: number, generator: Generator | undefined): Tensor
}

/** A sampler whose order is drawn by libtorch; each iteration draws anew. */
export abstract class DrawnSampler implements Sampler {
  readonly generator: Generator | undefined

  constructor(generator?: unknown) {
    this.generator = generatorArgument('generator', generator)
  }

  abstract readonly length: number
  /** @internal */
  abstract plan(): OrderPlan

  /** @internal Whether, given no generator, it draws from one of its own that a drawn seed starts. */
  get drawsSeed(): boolean {
    return false
  }

  *[Symbol.iterator](): Iterator<number> {
    const order = new DrawnOrder(this)
    for (let part = order.takePart(); part; part = order.takePart()) {
      for (const index of part) yield Number(index)
    }
  }
}

const multinomial = operator('multinomial')
const indexSelect = operator('index_select')

function lengthOf(data: Sized): number {
  if (isTensor(data) && data.ndim > 0) return data.shape[0] as number
  const { length } = (data ?? {}) as { length?: unknown }
  if (typeof length !== 'number')
    throw typeError('dataSource', 'what has a length, such as a dataset or an array', data)
  return integer('dataSource.length', length)
}

/** 0, 1, 2, ... up to the length of `dataSource`. */
export class SequentialSampler extends DrawnSampler {
  readonly dataSource: Sized

  constructor(dataSource: Sized) {
    super()
    lengthOf(dataSource)
    this.dataSource = dataSource
  }

  get length(): number {
    return lengthOf(this.dataSource)
  }

  /** @internal */
  plan(): OrderPlan {
    const { length } = this
    return { parts: 1, draw: () => arange(0, length, 1, { dtype: 'int64' }) }
  }
}

export interface RandomSamplerOptions {
  /** Whether an index may come again. Default false. */
  replacement?: boolean
  /** How many indices are drawn. Default: as many as there are samples. */
  numSamples?: number
  /** Draws instead of one that is started by a seed from the default generator. */
  generator?: Generator
}

/**
 * All samples in a random order, each once; or draws with replacement.
 * @throws RangeError where there are no samples
 */
export class RandomSampler extends DrawnSampler {
  readonly dataSource: Sized
  readonly replacement: boolean
  readonly #numSamples: number | undefined

  constructor(
    dataSource: Sized,
    ...rest: Optional<[boolean, number, Generator], RandomSamplerOptions>
  ) {
    const given = keywords<RandomSamplerOptions>('RandomSampler', rest, [
      'replacement',
      'numSamples',
      'generator'
    ])
    super(given.generator)
    this.dataSource = dataSource
    this.replacement = boolean('replacement', given.replacement ?? false)
    this.#numSamples = given.numSamples ?? undefined
    if (lengthOf(dataSource) === 0)
      throw rangeError('dataSource', 'at least one sample', 0, 'an empty dataset has no order')
    integer('numSamples', this.numSamples, 1)
  }

  get numSamples(): number {
    return this.#numSamples ?? lengthOf(this.dataSource)
  }

  get length(): number {
    return this.numSamples
  }

  /** @internal */
  override get drawsSeed(): boolean {
    return true
  }

  /** @internal The last part is drawn also where nothing of it is wanted: a generator goes on. */
  plan(): OrderPlan {
    const n = lengthOf(this.dataSource)
    const wanted = this.numSamples
    const size = this.replacement ? 32 : n
    const whole = Math.floor(wanted / size)
    const rest = wanted % size
    const draw = (part: number, generator: Generator | undefined): Tensor => {
      const count = part < whole ? size : rest
      if (this.replacement) return randint(n, [count], { generator })
      const all = randperm(n, { generator })
      return count === n ? all : all.narrow(0, 0, count)
    }
    return { parts: whole + 1, draw }
  }
}

/**
 * `indices` in a random order, each once.
 * @param options.generator draws instead of the default one
 */
export class SubsetRandomSampler extends DrawnSampler {
  readonly indices: readonly number[]

  constructor(
    indices: readonly number[],
    ...rest: Optional<[Generator], { generator?: Generator }>
  ) {
    super(keywords<{ generator?: Generator }>('SubsetRandomSampler', rest, ['generator']).generator)
    this.indices = indexList('indices', indices)
  }

  get length(): number {
    return this.indices.length
  }

  /** @internal */
  plan(): OrderPlan {
    const indices = tensor(this.indices, { dtype: 'int64' })
    const draw = (_: number, generator: Generator | undefined) =>
      indexSelect(indices, 0, randperm(this.length, { generator }))
    return { parts: 1, draw }
  }
}

export interface WeightedRandomSamplerOptions {
  /** Whether an index may come again. Default true. */
  replacement?: boolean
  /** Draws instead of the default one. */
  generator?: Generator
}

/**
 * `numSamples` indices, each drawn with a probability in proportion to its weight.
 * @param weights one a sample, finite and not negative; their sum need not be 1
 * @throws RangeError where more indices are wanted without replacement than there are weights
 */
export class WeightedRandomSampler extends DrawnSampler {
  /** float64. */
  readonly weights: Tensor
  readonly numSamples: number
  readonly replacement: boolean

  constructor(
    weights: readonly number[] | Tensor,
    numSamples: number,
    ...rest: Optional<[boolean, Generator], WeightedRandomSamplerOptions>
  ) {
    const given = keywords<WeightedRandomSamplerOptions>('WeightedRandomSampler', rest, [
      'replacement',
      'generator'
    ])
    super(given.generator)
    this.weights = weightsOf(weights)
    this.numSamples = integer('numSamples', numSamples, 1)
    this.replacement = boolean('replacement', given.replacement ?? true)
    const most = this.weights.shape[0] as number
    if (!this.replacement && most < this.numSamples) {
      const expected = `at most ${most}, the number of weights, without replacement`
      throw rangeError('numSamples', expected, numSamples, 'pass { replacement: true }')
    }
  }

  get length(): number {
    return this.numSamples
  }

  /** @internal */
  plan(): OrderPlan {
    const draw = (_: number, generator: Generator | undefined) =>
      multinomial(this.weights, this.numSamples, this.replacement, generator ? { generator } : {})
    return { parts: 1, draw }
  }
}

function weightsOf(weights: unknown): Tensor {
  if (!isTensor(weights) && !Array.isArray(weights))
    throw typeError('weights', 'an array of numbers or a tensor', weights)
  const made = isTensor(weights)
    ? weights.detach().to('float64')
    : tensor(weights as number[], { dtype: 'float64' })
  if (made.ndim !== 1 || made.shape[0] === 0)
    throw rangeError('weights', 'one dimension, with a weight a sample', `shape [${made.shape}]`)
  const isUsable = made.isfinite().all().item() && made.ge(0).all().item() && made.sum().item() > 0
  if (!isUsable)
    throw rangeError('weights', 'finite numbers >= 0, not all of them 0', made.toString())
  return made
}
