/**
 * What a DataLoader and its workers say to each other.
 */
import type { Message } from '../sharing'
import type { ModulePlace } from './module_reference'

/** With what a worker begins. */
export interface WorkerTask {
  id: number
  workers: number
  baseSeed: bigint
  dataset: ModulePlace
  /** Of the dataset, from toMessage(). */
  args: Message
  collate: ModulePlace | null
  workerInit: ModulePlace | null
}

/** A batch that is wanted. */
export interface Wanted {
  batch: number
  index: number | number[]
}

/** What was thrown in a worker. */
export interface Thrown {
  name: string
  message: string
  stack: string
  code: string | undefined
  /** Which sample was got, where that failed. */
  index: number | null
}

export type FromWorker =
  | { ready: number }
  | { unable: Thrown }
  | { batch: number; content: Message }
  | { batch: number; thrown: Thrown }

export function thrownBy(error: unknown, index: number | null): Thrown {
  const { name, message, stack, code } = (error instanceof Error ? error : {}) as Partial<
    Error & { code: unknown }
  >
  return {
    name: String(name ?? 'Error'),
    message: String(message ?? error),
    stack: String(stack ?? ''),
    code: typeof code === 'string' ? code : undefined,
    index
  }
}

const classes: Record<string, ErrorConstructor> = { TypeError, RangeError, SyntaxError, EvalError }

/** The error again, of the same built-in class; `where` tells where it was thrown. */
export function errorOf(thrown: Thrown, where: string): Error {
  const cause = new Error(thrown.message)
  cause.name = thrown.name
  cause.stack = thrown.stack
  const made = new (classes[thrown.name] ?? Error)(`${where}: ${thrown.message}`, { cause })
  return thrown.code === undefined ? made : Object.assign(made, { code: thrown.code })
}
