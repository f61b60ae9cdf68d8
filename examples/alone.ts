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
  const rmse = Math.sqrt(result.heldOutLoss) * data.target.std
  console.log(
    `${result.method}: ${result.epochs} epochs, ${result.steps} steps, ${result.seconds.toFixed(2)} s; ` +
      `${describeEnding(result)}\n` +
      `training loss ${result.trainLoss.toFixed(6)}, held-out loss ${result.heldOutLoss.toFixed(6)}, ` +
      `held-out RMSE ${rmse.toFixed(2)} ${data.target.unit}`
  )
}
