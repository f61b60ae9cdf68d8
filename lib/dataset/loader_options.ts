/**
 * The options of a DataLoader, checked.
 */
import { boolean, finite, integer, options as checkOptions, rangeError, typeError } from '../check'
import type { Generator } from '../generator'
import { type IndexBatches, samplerArgument } from './batch_sampler'
import type { Collated } from './collate'
import type { Source } from './dataset'
import { generatorArgument } from './draws'
import type { Collate } from './fetch'
import { type ModulePlace, type ModuleReference, isReference, placeOf } from './module_reference'
import type { Sampler } from './samplers'

export interface DataLoaderOptions<S = unknown, B = Collated<S>> {
  /** Samples a batch. null: no batches, each sample by itself. Default 1. */
  batchSize?: number | null
  /** A new random order for each pass. Default false. */
  shuffle?: boolean
  /** Tells the order. Not together with `shuffle`. */
  sampler?: Sampler
  /** Tells the samples of each batch. Not together with batchSize, shuffle, sampler, dropLast. */
  batchSampler?: IndexBatches
  /** Leaves a last batch out that is smaller. Default false. */
  dropLast?: boolean
  /**
   * Makes a batch of an array of samples, or without batches what a sample is handed out as. Default:
   * `defaultCollate`, or `defaultConvert`. For workers: where a module exports it.
   */
  collate?: ((samples: S[]) => B | Promise<B>) | ModuleReference
  /** Draws orders and the workers' seeds. Default: the default one. */
  generator?: Generator
  /** Threads that fetch batches. The dataset is then given as `{ module }`. Default 0: none. */
  workers?: number
  /**
   * How many batches an asynchronous dataset or workers may be ahead of the loop. Default: 2 for each
   * worker; without workers 2.
   */
  prefetch?: number
  /** How many seconds a batch may take where it is waited for. Default 0: any time. */
  timeout?: number
  /** Where a module exports a function that each worker first calls with its number. */
  workerInit?: ModuleReference
}

const names = [
  'batchSize',
  'shuffle',
  'sampler',
  'batchSampler',
  'dropLast',
  'collate',
  'generator',
  'workers',
  'prefetch',
  'timeout',
  'workerInit'
]

export interface Settings {
  batchSize: number | null
  shuffle: boolean
  sampler: Sampler | undefined
  batchSampler: IndexBatches | undefined
  dropLast: boolean
  collate: Collate | ModulePlace | null
  generator: Generator | undefined
  workers: number
  prefetch: number
  timeout: number
  workerInit: ModulePlace | null
}

export function settingsOf(source: Source, options: unknown): Settings {
  const given = checkOptions<DataLoaderOptions>('DataLoader', options, names)
  const workers = integer('workers', given.workers ?? 0, 0, 1024)
  const batchSize = given.batchSize === null ? null : integer('batchSize', given.batchSize ?? 1, 1)
  const settings: Settings = {
    batchSize,
    shuffle: boolean('shuffle', given.shuffle ?? false),
    sampler: given.sampler && samplerArgument('sampler', given.sampler),
    batchSampler: given.batchSampler && samplerArgument('batchSampler', given.batchSampler),
    dropLast: boolean('dropLast', given.dropLast ?? false),
    collate: collateOf(given.collate),
    generator: generatorArgument('generator', given.generator),
    workers,
    prefetch: integer('prefetch', given.prefetch ?? (workers > 0 ? 2 * workers : 2), 0, 2 ** 20),
    timeout: finite('timeout', given.timeout ?? 0, 0),
    workerInit: initOf(given.workerInit)
  }
  checkTogether(source, given, settings)
  checkWorkers(source, given, settings)
  return settings
}

function collateOf(value: unknown): Collate | ModulePlace | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'function') return value as Collate
  if (isReference(value)) return placeOf('collate', value, ['module', 'name'])
  throw typeError('collate', 'a function, or { module, name } that exports one', value)
}

function initOf(value: unknown): ModulePlace | null {
  if (value === undefined || value === null) return null
  if (isReference(value)) return placeOf('workerInit', value, ['module', 'name'])
  throw typeError('workerInit', 'where a module exports a function, { module, name }', value, sent)
}

const sent = 'functions cannot be sent to a worker: export it and give { module: path, name }'

/** What says the same thing twice, or what cannot be. */
function checkTogether(source: Source, given: DataLoaderOptions, settings: Settings): void {
  const { shuffle, sampler, batchSampler, dropLast, batchSize } = settings
  const refuse = (name: string, expected: string, remedy?: string) => {
    throw typeError(name, expected, given[name as keyof DataLoaderOptions], remedy)
  }
  if (sampler && shuffle)
    refuse('shuffle', 'false beside a sampler, which tells the order', 'leave one of them out')
  if (batchSampler) {
    const others = ['batchSize', 'sampler'] as const
    for (const name of others) {
      if (given[name] !== undefined) refuse(name, 'nothing beside a batchSampler')
    }
    if (shuffle) refuse('shuffle', 'false beside a batchSampler')
    if (dropLast) refuse('dropLast', 'false beside a batchSampler')
  }
  if (batchSize === null && dropLast) refuse('dropLast', 'false without batches')
  if (source.kind !== 'stream') return
  const remedy = 'a stream has no index: read it into an array, or shuffle where it is made'
  if (shuffle) refuse('shuffle', 'false for a stream', remedy)
  if (sampler) refuse('sampler', 'none for a stream', remedy)
  if (batchSampler) refuse('batchSampler', 'none for a stream', remedy)
}

function checkWorkers(source: Source, given: DataLoaderOptions, settings: Settings): void {
  if (settings.workers === 0) return
  if (source.kind !== 'module') {
    throw new TypeError(
      'dataset: expected { module: path, args } for workers, got one that lives in this thread; ' +
        'functions cannot be sent to a worker: export a function that makes the dataset, or use ' +
        '{ workers: 0 }'
    )
  }
  if (typeof settings.collate === 'function')
    throw typeError('collate', '{ module, name } for workers', given.collate, sent)
  if (settings.prefetch === 0)
    throw rangeError('prefetch', 'at least 1 for workers', 0, 'one batch a worker keeps all busy')
}
