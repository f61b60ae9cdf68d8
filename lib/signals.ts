/**
 * Letting a run end well when the user or the system asks for it.
 */
import { isMainThread } from 'node:worker_threads'
import { constants } from 'node:os'

import { callable } from './check'

/** What ends a process politely: Ctrl-C, and what `kill` and containers send. */
export type InterruptSignal = 'SIGINT' | 'SIGTERM'
const signals = ['SIGINT', 'SIGTERM'] as const

type Callback = (signal: InterruptSignal) => void

/** An object a registration: the same callback may be there twice. */
const registered = new Set<{ callback: Callback }>()
let wasInterrupted = false

/**
 * Calls `callback` at the first SIGINT or SIGTERM, once. The second ends the process as it would have
 * without all this: by that signal, or with exit code 128 + its number where it cannot.
 * Returns a function that takes the registration back; after the last one signals do again what they
 * did before. With several registrations at once all are called at the first signal.
 * @param callback gets the signal's name, on the main thread between two turns of the event loop: a
 * synchronous loop must let it turn
 * @throws Error in a worker, which gets no signals
 */
export function onInterrupt(callback: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
  callable('callback', callback)
  if (!isMainThread) {
    throw new Error(
      'onInterrupt: expected the main thread, got a worker, which gets no signals; call it on the main thread and post a message to the worker'
    )
  }
  const registration = { callback }
  if (registered.size === 0) for (const signal of signals) process.on(signal, interrupt)
  registered.add(registration)
  return () => {
    if (registered.delete(registration) && registered.size === 0) release()
  }
}

function release(): void {
  for (const signal of signals) process.removeListener(signal, interrupt)
  wasInterrupted = false
}

function interrupt(signal: NodeJS.Signals): void {
  if (wasInterrupted) end(signal)
  wasInterrupted = true
  const errors: unknown[] = []
  for (const { callback } of [...registered]) {
    try {
      callback(signal as InterruptSignal)
    } catch (error) {
      errors.push(error)
    }
  }
  // After all were called: as an error in any other listener.
  if (errors.length > 0) throw errors[0]
}

function end(signal: NodeJS.Signals): never {
  release()
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  // Still here: others listen, too, or it is the first process of a container, which its own signals spare.
  process.exit(128 + constants.signals[signal])
}
