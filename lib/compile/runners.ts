/**
 * Native threads that run steps. One that has done its work waits for more: ending it, and starting
 * another for the next epoch, would hold the event loop up until the system has scheduled both.
 */
import { native } from '../native'
import type { RunnerHandle } from './program'

type OnEnd = (done: number, error: Error | null) => void

/** Milliseconds without work after which a thread ends. So long a process stays that is done. */
const patience = 100

export class RunnerThread {
  readonly handle: RunnerHandle
  /** Whose job it runs; null while it waits for one. */
  onEnd: OnEnd | null = null
  patience: NodeJS.Timeout | undefined

  /** @param threads how many the operators of a step may use */
  constructor(readonly threads: number) {
    this.handle = native.createRunner(threads, (...outcome) => this.onEnd?.(...outcome))
  }
}

const all = new Set<RunnerThread>()

/** process.exit() takes down libtorch under threads that still work: it waits for none. */
function endAll(): void {
  for (const { handle } of all) handle.close()
}

function end(thread: RunnerThread): void {
  thread.handle.close()
  if (all.delete(thread) && all.size === 0) process.removeListener('exit', endAll)
}

/** A thread for steps whose operators may use so many threads. */
export function takeThread(threads: number, onEnd: OnEnd): RunnerThread {
  let thread = [...all].find((other) => other.onEnd === null && other.threads === threads)
  if (!thread) {
    thread = new RunnerThread(threads)
    if (all.size === 0) process.on('exit', endAll)
    all.add(thread)
  }
  clearTimeout(thread.patience)
  thread.onEnd = onEnd
  return thread
}

/** Its job is over. */
export function giveBack(thread: RunnerThread): void {
  thread.onEnd = null
  thread.patience = setTimeout(() => end(thread), patience)
}
