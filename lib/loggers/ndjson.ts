/**
 * Events as JSON, one a line.
 */
import { boolean, options as checkOptions } from '../check'
import { type LoggedEvent, checkEvent, eventLine } from '../progress/event'
import { LogFile, type LoggerOptions } from './log_file'
import type { Logger } from './logger'
import { checkPath } from './path'

const brace = 0x7b

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * Adds every event to a file as a line of JSON; a number that JSON cannot say, NaN or infinite, is null.
 * Each line is with the system when `log` returns: a process that ends then loses none.
 *
 * An existing file goes on; half a line that a killed process left is taken away.
 */
export class NdjsonLogger implements Logger {
  readonly #file: LogFile

  /**
   * @param path of the file; its folder is made
   * @throws LoggerError where it cannot be written or holds something else
   */
  constructor(path: string, options?: LoggerOptions) {
    checkPath('path', path)
    const { append = true } = checkOptions<LoggerOptions>('NdjsonLogger', options, ['append'])
    this.#file = new LogFile('NdjsonLogger', path, boolean('append', append))
    const tail = this.#file.tail()
    if (tail.length === 0) return
    if (isJson(tail.toString())) {
      this.#file.append(Buffer.from('\n'))
    } else if (tail[0] === brace) {
      this.#file.truncate(this.#file.size - tail.length)
    } else {
      this.#file.refuse('lines of JSON', tail.toString())
    }
  }

  /** Events that could not be written. */
  get lost(): number {
    return this.#file.lost
  }

  /** @throws LoggerError where the first of one or more events in a row cannot be written */
  log(event: LoggedEvent): void {
    const line = Buffer.from(eventLine(checkEvent(event)))
    this.#file.attempt(() => this.#file.append(line))
  }

  close(): void {
    this.#file.close()
  }
}
