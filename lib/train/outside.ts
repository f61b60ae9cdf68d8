/**
 * What ends a run from outside: an AbortSignal, signals of the system, time.
 */
import { onInterrupt } from '../signals'
import type { Plan } from './check_options'
import type { Interrupts } from './interrupts'

/** A longer delay would be cut to 1 ms. */
const longestDelay = 2 ** 31 - 1

function listenToAbort(signal: AbortSignal, interrupts: Interrupts): () => void {
  const stop = () => interrupts.stop('signal')
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return () => signal.removeEventListener('abort', stop)
}

function countDown(seconds: number, interrupts: Interrupts): () => void {
  const timer = setTimeout(
    () => interrupts.stop('seconds'),
    Math.min(longestDelay, Math.max(1, seconds * 1000))
  )
  timer.unref()
  return () => clearTimeout(timer)
}

function tick(seconds: number, interrupts: Interrupts): () => void {
  const timer = setInterval(
    () => interrupts.dueCheckpoint(),
    Math.min(longestDelay, Math.max(1, seconds * 1000))
  )
  timer.unref()
  return () => clearInterval(timer)
}

/** Listens to all of it; the function that it gives ends that. */
export function listen(plan: Plan, interrupts: Interrupts): () => void {
  const { signal, stopWhen, checkpoint } = plan
  const ends: (() => void)[] = []
  if (signal) ends.push(listenToAbort(signal, interrupts))
  if (plan.handleSignals) ends.push(onInterrupt(() => interrupts.stop('signal')))
  if (stopWhen.seconds !== undefined) ends.push(countDown(stopWhen.seconds, interrupts))
  if (checkpoint?.everySeconds !== undefined) ends.push(tick(checkpoint.everySeconds, interrupts))
  return () => {
    for (const end of ends) end()
  }
}
