/**
 * Running one method from the command line, outside main.ts.
 */
import { loadConcrete } from './data'
import { describeEnding } from './progress'
import type { Method } from './training'

/** Trains on concrete.csv until convergence or Ctrl-C and prints how it ended. */
export async function runAlone(run: Method): Promise<void> {
  const data = loadConcrete()
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  const result = await run(data, {
    signal: interrupted.signal,
    onProgress: ({ epoch, loss }) => console.log(`epoch ${epoch}: loss ${loss.toFixed(6)}`)
  })
  const { method, epochs, steps, seconds, trainLoss, heldOutLoss } = result
  const rmse = Math.sqrt(heldOutLoss) * data.target.std
  console.log(
    `${method}: ${epochs} epochs, ${steps} steps, ${seconds.toFixed(2)} s; ` +
      `${describeEnding(result)}\n` +
      `training loss ${trainLoss.toFixed(6)}, held-out loss ${heldOutLoss.toFixed(6)}, ` +
      `held-out RMSE ${rmse.toFixed(2)} ${data.target.unit}`
  )
}
