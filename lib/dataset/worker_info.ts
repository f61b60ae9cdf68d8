/**
 * What a dataset may ask in a worker of a DataLoader.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.get_worker_info
 */
import { Generator } from '../generator'

export interface WorkerInfo {
  /** Which worker this is, from 0. */
  readonly id: number
  /** How many there are. */
  readonly workers: number
  /** The pass's base seed + id: another one in each worker and each pass. */
  readonly seed: bigint
  /**
   * Started by `seed`. Draw from it: the default generator belongs to the whole process, so that a
   * worker which drew from it would take draws away from the training.
   */
  readonly generator: Generator
}

let current: WorkerInfo | null = null

/** In a worker of a DataLoader, what is known of it; null elsewhere. */
export function getWorkerInfo(): WorkerInfo | null {
  return current
}

export function setWorkerInfo(id: number, workers: number, baseSeed: bigint): WorkerInfo {
  const seed = baseSeed + BigInt(id)
  current = Object.freeze({ id, workers, seed, generator: new Generator().manualSeed(seed) })
  return current
}
