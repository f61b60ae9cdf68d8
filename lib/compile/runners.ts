/**
 * Native threads that run steps. process.exit() takes down libtorch under those that still work, as it
 * waits for no thread but those of workers: they are ended before.
 */
import { native } from '../native'
import type { RunnerHandle } from './program'

const running = new Set<RunnerHandle>()

function endAll(): void {
  for (const runner of running) runner.close()
}

/** A thread for steps whose operators may use so many threads. */
export function startRunner(
  threads: number,
  onEnd: (done: number, error: Error | null) => void
): RunnerHandle {
  const runner = native.createRunner(threads, onEnd)
  if (running.size === 0) process.on('exit', endAll)
  running.add(runner)
  return runner
}

/** Ends it after the step that it is in. */
export function endRunner(runner: RunnerHandle): void {
  runner.close()
  if (running.delete(runner) && running.size === 0) process.removeListener('exit', endAll)
}
