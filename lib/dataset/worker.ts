/**
 * The thread of worker_pool.ts: fetches the batches that it is asked for, one after the other.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

import { fromMessage, toMessage } from '../sharing'
import { type Dataset, isPromise, sourceOf } from './dataset'
import { type Collate, type Recipe, fetchBatch } from './fetch'
import { loadDataset, loadFunction } from './module_reference'
import { setWorkerInfo } from './worker_info'
import { type FromWorker, type Wanted, type WorkerTask, thrownBy } from './worker_messages'

const port = parentPort as MessagePort
const task = workerData as WorkerTask
/** The sample whose `get` failed last. */
let failing: number | null = null

/** `dataset`, which notes down at which sample it fails. */
function watched(dataset: Dataset): Dataset {
  const failed = (index: number, error: unknown): never => {
    failing = index
    throw error
  }
  const get = (index: number): unknown => {
    try {
      const sample = dataset.get(index)
      return isPromise(sample) ? sample.catch((error) => failed(index, error)) : sample
    } catch (error) {
      return failed(index, error)
    }
  }
  const getItems = dataset.getItems?.bind(dataset)
  return { length: dataset.length, get, ...(getItems && { getItems }) }
}

async function prepare(): Promise<Recipe> {
  const { id, workers, baseSeed } = task
  const info = setWorkerInfo(id, workers, baseSeed)
  const collate = task.collate && ((await loadFunction(task.collate)) as Collate)
  const made = await loadDataset(task.dataset, fromMessage<unknown[]>(task.args))
  const source = sourceOf('dataset', made)
  if (source.kind !== 'map') {
    throw new TypeError(
      `${task.dataset.file}: expected a dataset { length, get(index) } for workers, got a stream; ` +
        'give it an index, or use { workers: 0 }'
    )
  }
  if (task.workerInit) await (await loadFunction(task.workerInit))(id, info)
  return { dataset: watched(source.dataset), rows: source.rows, collate }
}

function say(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

async function answer(recipe: Recipe, { batch, index }: Wanted): Promise<void> {
  failing = null
  try {
    const content = toMessage(await fetchBatch(recipe, index))
    say({ batch, content }, content.transfer)
  } catch (error) {
    say({ batch, thrown: thrownBy(error, failing) })
  }
}

prepare().then(
  (recipe) => {
    let last = Promise.resolve()
    port.on('message', (wanted: Wanted) => {
      last = last.then(() => answer(recipe, wanted))
    })
    say({ ready: recipe.dataset.length })
  },
  (error) => say({ unable: thrownBy(error, null) })
)
