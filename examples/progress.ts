/**
 * A progress line for each run: a bar on a terminal, plain lines elsewhere.
 */
import { Presets, SingleBar } from 'cli-progress'

import type { Ending, Progress, Result } from './training'

const endings: Record<Ending, string> = {
  loss: 'loss settled',
  gradNorm: 'gradient vanished',
  limit: 'epoch limit, not converged',
  stopped: 'stopped by hand'
}

/** Why the run ended, in words. */
export function describeEnding(result: Result): string {
  return endings[result.converged]
}

export interface ProgressLine {
  update(progress: Progress): void
  /** Ends the line; `result` is missing where the run failed. */
  done(result?: Result): void
}

const summary = (result: Result) =>
  `${result.epochs} epochs, loss ${result.trainLoss.toFixed(6)}: ${describeEnding(result)}`

function barLine(method: string, stream: NodeJS.WriteStream): ProgressLine {
  const format = `  ${method.padEnd(28)} {bar} {note}`
  const bar = new SingleBar(
    { format, hideCursor: true, barsize: 24, stream },
    Presets.shades_classic
  )
  bar.start(1, 0, { note: '' })
  return {
    update({ epoch, epochLimit, loss }) {
      bar.setTotal(epochLimit)
      bar.update(epoch, { note: `epoch ${epoch}, loss ${loss.toFixed(6)}` })
    },
    done(result) {
      if (result) {
        // The limit was only an upper bound: a converged run is a finished one.
        if (result.converged !== 'stopped') bar.setTotal(Math.max(1, result.epochs))
        bar.update(result.epochs, { note: summary(result) })
      }
      bar.stop()
    }
  }
}

function plainLine(method: string, stream: NodeJS.WriteStream): ProgressLine {
  const start = performance.now()
  let last = start
  return {
    update({ epoch, loss }) {
      if (performance.now() - last < 2000) return
      last = performance.now()
      stream.write(`  ${method}: epoch ${epoch}, loss ${loss.toFixed(6)}\n`)
    },
    done(result) {
      if (result) stream.write(`  ${method}: ${summary(result)}\n`)
    }
  }
}

/** Opens the line of one run on standard output. */
export function progressLine(
  method: string,
  stream: NodeJS.WriteStream = process.stdout
): ProgressLine {
  return stream.isTTY ? barLine(method, stream) : plainLine(method, stream)
}
