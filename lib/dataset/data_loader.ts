/**
 * Batches of a dataset, in the order that Python's loader gives for the same seed.
 */
import type { Generator } from '../generator'
import { toMessage } from '../sharing'
import { batchIndices } from './batch_indices'
import { BatchSampler, type IndexBatches } from './batch_sampler'
import type { Collated } from './collate'
import { type DataSource, type Source, sourceOf } from './dataset'
import { drawSeed } from './draws'
import type { Collate } from './fetch'
import { AsyncLoaderIterator, LoaderIterator } from './loader_iterator'
import { type DataLoaderOptions, type Settings, settingsOf } from './loader_options'
import { type DataLoaderState, checkSamples, checkedState } from './loader_state'
import { type ModulePlace, loadDataset, loadFunction, placeOf } from './module_reference'
import { Pass, type PassState } from './pass'
import { type PlainPass, plainPass } from './plain_pass'
import { Prefetch } from './prefetch'
import { MapReader, type Reader, asynchronous } from './reader'
import { RandomSampler, type Sampler, SequentialSampler } from './samplers'
import { StreamReader } from './stream_reader'
import { WorkerReader } from './worker_reader'

const datasetOptions = ['module', 'name', 'args']

/**
 * Batches of `dataset`: `for (const batch of loader)` where its samples are there at once, `for await`
 * for any. Each loop is a pass over all samples. The orders, and all draws from generators, are those
 * of Python's DataLoader for the same seed.
 *
 * A batch of a TensorDataset is an array of tensors, `[x, y]`, each `[batchSize, ...]`; for others see
 * `defaultCollate`.
 * @param dataset a dataset `{ length, get(i) }`, an array of samples, a tensor (its rows), an iterable
 * or async iterable, a function that gives a new one for each pass, or `{ module, name, args }`: a
 * function or class that a module exports, which makes the dataset where it is read
 * @throws TypeError for unknown options and for those that contradict each other; RangeError for
 * `shuffle` of an empty dataset
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
 */
export class DataLoader<S = unknown, B = Collated<S>> implements Iterable<B>, AsyncIterable<B> {
  readonly dataset: DataSource<S>
  readonly #source: Source
  readonly #options: unknown
  readonly #settings: Settings
  /** What tells the samples of each batch; null for a stream, and for a module's dataset at first. */
  #order: Sampler | IndexBatches | null = null
  #samples: number | null = null
  #passes = 0
  #pass: Pass | null = null
  #resumed: PassState | null = null
  /** The number of samples that a loaded state tells, where there is nothing yet to compare it with. */
  #expected: number | null = null
  #waited = 0

  constructor(dataset: DataSource<S>, options?: DataLoaderOptions<S, B>) {
    this.#source = sourceOf('dataset', dataset)
    this.#options = options
    this.#settings = settingsOf(this.#source, options)
    this.dataset = dataset
    if (this.#source.kind === 'module') placeOf('dataset', dataset, datasetOptions)
    if (this.#source.kind === 'map') this.#order = this.#orderOf(this.#source.dataset)
  }

  get batchSize(): number | null {
    return this.#settings.batchSampler ? null : this.#settings.batchSize
  }

  get dropLast(): boolean {
    return this.#settings.dropLast
  }

  get generator(): Generator | undefined {
    return this.#settings.generator
  }

  get workers(): number {
    return this.#settings.workers
  }

  /** What tells the order; undefined for a stream, and before a module's dataset is loaded. */
  get sampler(): Sampler | undefined {
    const order = this.#order
    return order instanceof BatchSampler ? order.sampler : ((order as Sampler | null) ?? undefined)
  }

  /** How many batches a pass has; undefined where that is not known, as for a stream. */
  get length(): number | undefined {
    return this.#order?.length
  }

  /** Seconds that loops over this loader have waited for their batches, since it was made. */
  get waited(): number {
    return this.#waited / 1000
  }

  #orderOf(dataset: { readonly length: number }): Sampler | IndexBatches {
    const { shuffle, sampler, batchSampler, batchSize, dropLast, generator } = this.#settings
    if (batchSampler) return batchSampler
    const order =
      sampler ??
      (shuffle ? new RandomSampler(dataset, { generator }) : new SequentialSampler(dataset))
    return batchSize === null ? order : new BatchSampler(order, batchSize, dropLast)
  }

  /** A new pass, or the one whose state was loaded. */
  #begin(): Pass {
    const resumed = this.#resumed ?? undefined
    this.#resumed = null
    // As in Python: first the sampler's iterator, which draws nothing by itself, then the seed.
    const indices = this.#indices(resumed)
    const baseSeed = resumed ? BigInt(resumed.baseSeed) : drawSeed(this.#settings.generator)
    const pass = new Pass(baseSeed, resumed)
    pass.indices = indices
    if (!resumed) this.#passes++
    this.#pass = pass
    return pass
  }

  #indices(resumed?: PassState) {
    if (!this.#order) return null
    const isBatched = this.#settings.batchSampler !== undefined || this.#settings.batchSize !== null
    return batchIndices(this.#order, isBatched, resumed?.indices ?? undefined)
  }

  /** The length of a module's dataset is told: the order can be drawn. */
  #begun(pass: Pass, samples: number): void {
    checkSamples(samples, this.#expected)
    this.#samples = samples
    if (pass.indices) return
    const length = () => this.#samples as number
    this.#order ??= this.#orderOf({
      get length() {
        return length()
      }
    })
    pass.indices = this.#indices(pass.resumed)
  }

  readonly #onWait = (milliseconds: number) => {
    this.#waited += milliseconds
  };

  /** @throws TypeError for what can be read with `for await` only */
  [Symbol.iterator](): LoaderIterator<B> {
    const isAsync = this.#source.kind === 'module' || isPlace(this.#settings.collate)
    if (isAsync) throw asynchronous(this.dataset)
    const pass = this.#begin()
    return new LoaderIterator<B>(pass, this.#reader(pass, this.#source), this.#onWait)
  }

  [Symbol.asyncIterator](): AsyncLoaderIterator<B> {
    const { workers, timeout, collate } = this.#settings
    const pass = this.#begin()
    const isDirect = this.#source.kind !== 'module' && !isPlace(collate)
    const reader =
      workers > 0
        ? this.#workerReader(pass)
        : isDirect
          ? this.#prefetched(pass, this.#source)
          : () => this.#loaded(pass)
    return new AsyncLoaderIterator<B>(pass, reader, this.#onWait, timeout)
  }

  #prefetched(pass: Pass, source: Source, collate?: Collate): Reader {
    return new Prefetch(this.#reader(pass, source, collate), this.#settings.prefetch)
  }

  #reader(pass: Pass, source: Source, loaded?: Collate): Reader {
    const collate = loaded ?? (this.#settings.collate as Collate | null)
    if (source.kind === 'map') return new MapReader(pass, { ...source, collate })
    const { open } = source as { open: () => unknown }
    return new StreamReader(pass, open, { ...this.#settings, collate })
  }

  #workerReader(pass: Pass): Reader {
    const { workers, prefetch, collate, workerInit } = this.#settings
    const { args = [] } = this.dataset as { args?: readonly unknown[] }
    const task = {
      baseSeed: pass.baseSeed,
      dataset: placeOf('dataset', this.dataset, datasetOptions),
      args: toMessage(args),
      collate: collate as ModulePlace | null,
      workerInit
    }
    const onLength = (length: number) => this.#begun(pass, length)
    return new WorkerReader(pass, { task, workers, ahead: prefetch, onLength })
  }

  /** A module's dataset or collate function, in this thread. */
  async #loaded(pass: Pass): Promise<Reader> {
    const { collate } = this.#settings
    const make = isPlace(collate)
      ? ((await loadFunction(collate)) as Collate)
      : (collate ?? undefined)
    let source = this.#source
    if (source.kind === 'module') {
      const place = placeOf('dataset', this.dataset, datasetOptions)
      source = sourceOf('dataset', await loadDataset(place, source.reference.args ?? []))
      // The options were checked before it was known what the module gives.
      settingsOf(source, this.#options)
      if (source.kind === 'map') this.#begun(pass, source.dataset.length)
    }
    return this.#prefetched(pass, source, make)
  }

  /**
   * Where the loader is, between two batches of a loop or between two loops. A loader of the same
   * dataset and options that loads it goes on with exactly the batches that are left. The default
   * generator is not in it: keep `getRngState()` beside it.
   */
  stateDict(): DataLoaderState {
    const { generator, batchSize } = this.#settings
    const drawing = this.#samplerGenerator()
    const pass = this.#pass && !this.#pass.isOver ? this.#pass.state() : this.#resumed
    return {
      passes: this.#passes,
      samples: this.#count(),
      batchSize,
      pass,
      generator: generator?.getState() ?? null,
      samplerGenerator: drawing?.getState() ?? null
    }
  }

  /**
   * Puts the loader and its generators into `state`: the next loop goes on in mid-pass.
   * @throws TypeError for what is no state, RangeError for one of another dataset or batch size
   */
  loadStateDict(state: DataLoaderState): void {
    const { generator, batchSize } = this.#settings
    const given = checkedState(state, this.#count(), batchSize)
    if (given.generator) generator?.setState(given.generator)
    if (given.samplerGenerator) this.#samplerGenerator()?.setState(given.samplerGenerator)
    this.#passes = given.passes
    this.#resumed = given.pass
    this.#expected = given.samples
    this.#pass = null
  }

  #count(): number | null {
    return this.#source.kind === 'map' ? this.#source.dataset.length : this.#samples
  }

  #samplerGenerator(): Generator | undefined {
    return (this.sampler as { generator?: Generator } | undefined)?.generator
  }

  /**
   * The next pass as tensors and an order, where it is no more than that; null otherwise, and then
   * nothing is drawn. Draws what a loop would draw.
   * @internal
   */
  plain(): PlainPass | null {
    const { collate, workers, batchSize } = this.#settings
    if (collate || workers > 0 || batchSize === null || this.#source.kind !== 'map') return null
    return plainPass(this.#source.rows, this.#order, () => this.#begin())
  }
}

function isPlace(collate: Settings['collate']): collate is ModulePlace {
  return typeof collate === 'object' && collate !== null
}
