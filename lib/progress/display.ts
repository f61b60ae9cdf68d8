/**
 * Showing how far a run is.
 */
import { finite, options as checkOptions, rangeError, typeError } from '../check'
import { Bar } from './bar'
import { type LoggedEvent, checkEvent } from './event'
import { Lines, NdjsonLines } from './lines'
import { Output, type ProgressStream } from './output'

const modes = ['auto', 'bar', 'lines', 'ndjson', false] as const

/**
 * `'bar'` on a terminal, `'lines'` of text, `'ndjson'`: an event a line; `'auto'`: a bar on a
 * terminal, lines elsewhere; false: nothing.
 */
export type ProgressMode = (typeof modes)[number]

export interface ProgressOptions {
  /** Default false: nothing prints unless asked. */
  progress?: ProgressMode
  /** Default standard error; of `'ndjson'` standard output. */
  stream?: ProgressStream
  /** Least seconds from one output to the next. Default 0.1 of a bar, 10 of lines, 1 of NDJSON. */
  every?: number
  /** Stands before the rest, for several runs. Default none. */
  label?: string
}

/** A logger that writes for people, or for a program that follows. */
export interface ProgressDisplay {
  /** Takes an event; with one of type `'stop'` the display is closed. Never throws for the stream's sake. */
  log(event: LoggedEvent): void
  /** Ends the display's last line. What comes later is not shown. */
  close(): void
}

const names = ['progress', 'stream', 'every', 'label']
const defaultEvery = { bar: 0.1, lines: 10, ndjson: 1 }
const displays = { bar: Bar, lines: Lines, ndjson: NdjsonLines }

const isStream = (value: unknown): value is ProgressStream =>
  typeof value === 'object' &&
  value !== null &&
  ['write', 'on', 'off'].every((name) => typeof Reflect.get(value, name) === 'function')

function checkStream(stream: unknown): ProgressStream {
  if (!isStream(stream)) throw typeError('stream', 'a writable stream', stream)
  return stream
}

class Display implements ProgressDisplay {
  #shown: ProgressDisplay | null
  readonly #output: Output

  constructor(mode: keyof typeof displays, output: Output, every: number, label: string) {
    this.#output = output
    this.#shown = new displays[mode](output, every, label)
  }

  log(event: LoggedEvent): void {
    checkEvent(event)
    this.#shown?.log(event)
    if (event.type === 'stop') this.close()
  }

  close(): void {
    this.#shown?.close()
    this.#shown = null
    this.#output.close()
  }
}

const silent: ProgressDisplay = {
  log(event) {
    checkEvent(event)
  },
  close() {}
}

/**
 * A display of one run's events. Where its reader is gone (a closed pipe) or the stream fails
 * otherwise, it is silent from then on.
 * @throws TypeError, RangeError for wrong options, and for `'bar'` where the stream is no terminal
 */
export function progressDisplay(options?: ProgressOptions): ProgressDisplay {
  const given = checkOptions<ProgressOptions>('progressDisplay', options, names)
  const { progress = false, label = '' } = given
  if (!modes.includes(progress))
    throw typeError('progress', "'auto', 'bar', 'lines', 'ndjson' or false", progress)
  if (typeof label !== 'string') throw typeError('label', 'a string', label)
  const every = given.every === undefined ? undefined : finite('every', given.every, 0)
  const standard = progress === 'ndjson' ? process.stdout : process.stderr
  const stream = checkStream(given.stream ?? standard)
  if (progress === false) return silent
  const isTerminal = stream.isTTY === true
  const canDraw = isTerminal && process.env.TERM !== 'dumb'
  const mode = progress === 'auto' ? (canDraw ? 'bar' : 'lines') : progress
  if (mode === 'bar' && !isTerminal)
    throw rangeError('progress', "a terminal for 'bar'", 'bar', "use 'auto', 'lines' or 'ndjson'")
  const seconds = Math.max(every ?? defaultEvery[mode], mode === 'bar' ? 0.02 : 0)
  return new Display(mode, new Output(stream), seconds, label)
}
