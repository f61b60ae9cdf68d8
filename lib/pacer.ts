/**
 * Work on the event loop's thread lets it turn in between: timers, sockets and whatever else waits.
 */
import { setImmediate } from 'node:timers/promises'

/** Milliseconds that may go by without a turn. */
const longest = 2

/** When it turned last, for all work there is: what one has used up the next one does not have. */
let last = performance.now()

/** Whether the event loop has not turned for a while. */
export function isTurnDue(): boolean {
  return performance.now() - last >= longest
}

/** Lets the event loop turn, if that is due. */
export async function turn(): Promise<void> {
  if (!isTurnDue()) return
  await setImmediate()
  last = performance.now()
}
