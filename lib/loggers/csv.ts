/**
 * Events as a table.
 */
import { readFileSync } from 'node:fs'

import { replaceFile } from '../atomic_file'
import { boolean, options as checkOptions } from '../check'
import { type LoggedEvent, checkEvent, measures } from '../progress/event'
import { csvRow, csvCells } from '../csv'
import { LogFile, type LoggerOptions } from './log_file'
import { type Logger, LoggerError } from './logger'
import { checkPath } from './path'
import { writeSync } from 'node:fs'

const columns = ['type', 'step', 'epoch', ...measures] as const

/**
 * Adds every event to a file as a row: `type,step,epoch,loss,validationLoss,lr,
 * samplesPerSecond,seconds,dataWaitShare`, then a column for each metric. A metric that comes later gets its column then, empty in the rows above;
 * the file is replaced as a whole for that. What an event does not say is empty. Each row is with the
 * system when `log` returns.
 *
 * An existing file goes on; half a row that a killed process left is taken away.
 */
export class CsvLogger implements Logger {
  readonly #file: LogFile
  #metrics: string[] = []
  #hasHead = false

  /**
   * @param path of the file; its folder is made
   * @throws LoggerError where it cannot be written or holds something else
   */
  constructor(path: string, options?: LoggerOptions) {
    checkPath('path', path)
    const { append = true } = checkOptions<LoggerOptions>('CsvLogger', options, ['append'])
    this.#file = new LogFile('CsvLogger', path, boolean('append', append))
    if (this.#file.size > 0) this.#continue()
  }

  #continue(): void {
    const size = this.#file.size
    const tail = this.#file.tail()
    const head = this.#file.read(0, Math.min(size, 65536)).toString().split('\n', 1)[0] as string
    const names = csvCells(head)
    this.#hasHead = tail.length < size
    // A head that was cut off has nothing below it.
    const isOurs = this.#hasHead
      ? columns.every((name, i) => names[i] === name)
      : [...columns, ''].join().startsWith(head.slice(0, columns.join().length))
    if (!isOurs) this.#file.refuse(`a table with the columns ${columns}`, head)
    this.#file.truncate(size - tail.length)
    if (this.#hasHead) this.#metrics = names.slice(columns.length)
  }

  /** Events that could not be written. */
  get lost(): number {
    return this.#file.lost
  }

  /** @throws LoggerError where the first of one or more events in a row cannot be written */
  log(event: LoggedEvent): void {
    const { metrics = {} } = checkEvent(event)
    this.#file.attempt(() => {
      const added = Object.keys(metrics).filter((name) => !this.#metrics.includes(name))
      if (added.length > 0 && this.#hasHead) this.#widen(added)
      else this.#metrics.push(...added)
      const values = [
        ...columns.map((name) => event[name]),
        ...this.#metrics.map((name) => metrics[name])
      ]
      const head = this.#hasHead ? '' : csvRow([...columns, ...this.#metrics])
      this.#file.append(Buffer.from(head + csvRow(values)))
      this.#hasHead = true
    })
  }

  /** Gives every row columns for `added`. */
  #widen(added: readonly string[]): void {
    const { path, isRegular } = this.#file
    if (!isRegular) {
      const message = `CsvLogger: expected the metrics of the first event, got ${added} later, for which ${path} cannot be rewritten; give a file`
      throw new LoggerError(message, path, 'ERR_LOGGER')
    }
    const metrics = [...this.#metrics, ...added]
    const [, ...rows] = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    const empty = ','.repeat(added.length)
    const text = csvRow([...columns, ...metrics]) + rows.map((row) => `${row}${empty}\n`).join('')
    const bytes = Buffer.from(text)
    replaceFile(path, (descriptor) => {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
    })
    this.#file.open(true)
    this.#metrics = metrics
  }

  close(): void {
    this.#file.close()
  }
}
