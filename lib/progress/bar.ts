/**
 * A bar on a terminal.
 */
import { type BarFormat, type SingleBar, cliProgress } from './cli_progress'
import type { LoggedEvent } from './event'
import type { Output } from './output'
import { RunState } from './state'
import { oneLine } from '../number_text'

function barText({ barsize, barCompleteString, barIncompleteString }: BarFormat, share: number) {
  const full = Math.round(share * barsize)
  return barCompleteString.slice(0, full) + barIncompleteString.slice(0, barsize - full)
}

export class Bar {
  readonly #state = new RunState()
  readonly #bar: SingleBar
  readonly #label: string
  #hasBegun = false

  constructor(output: Output, every: number, label: string) {
    this.#label = label === '' ? '' : `${oneLine(label)} `
    const { SingleBar, Presets } = cliProgress()
    // Its timer must not keep a process alive whose loop threw before it closed the display.
    class UnrefBar extends SingleBar {
      override render(): void {
        super.render()
        this.timer?.unref()
      }
    }
    // With wrapping left as it is, no end of the process leaves the terminal changed.
    const barsize = (output.columns ?? 80) < 100 ? 10 : 20
    const options = { barsize, fps: 1 / every, linewrap: true, stream: output }
    const format = (given: BarFormat) => this.#text(given)
    this.#bar = new UnrefBar({ ...options, format }, Presets.shades_classic)
  }

  #text(format: BarFormat): string {
    const { fraction } = this.#state
    const share = `${Math.floor((fraction ?? 0) * 100)}%`.padStart(4)
    const bar = fraction === null ? '' : `${barText(format, fraction)}${share}  `
    const parts = [this.#state.time, ...this.#state.parts()].filter((part) => part !== '')
    return `${this.#label}${bar}${parts.join('  ')}`
  }

  log(event: LoggedEvent): void {
    this.#state.update(event)
    if (!this.#hasBegun) this.#bar.start(1, 0)
    this.#hasBegun = true
    this.#bar.update(this.#state.fraction ?? 0)
  }

  close(): void {
    this.#bar.stop()
  }
}
