/**
 * A stream that a display writes to. Whoever reads it may go away (`| head`) or be slow: neither may
 * end or delay a training run.
 */

/** What a display needs of a stream. */
export interface ProgressStream {
  write(text: string, done?: (error?: Error | null) => void): boolean
  on(name: 'error', listener: (error: Error) => void): unknown
  off(name: 'error', listener: (error: Error) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly writableNeedDrain?: boolean
}

export class Output {
  readonly #stream: ProgressStream
  #isBroken = false
  #isClosed = false
  #pending = 0

  constructor(stream: ProgressStream) {
    this.#stream = stream
    stream.on('error', this.#onError)
  }

  readonly #onError = () => {
    this.#isBroken = true
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true
  }

  get columns(): number | undefined {
    return this.#stream.columns
  }

  /** Whether the reader is behind, so that what can be left out should be. */
  get isBusy(): boolean {
    return this.#stream.writableNeedDrain === true
  }

  write(text: string): boolean {
    if (this.#isBroken || this.#isClosed) return true
    this.#pending++
    try {
      this.#stream.write(text, (error) => {
        if (error) this.#isBroken = true
        this.#pending--
        this.#release()
      })
    } catch {
      this.#isBroken = true
      this.#pending--
    }
    return true
  }

  close(): void {
    this.#isClosed = true
    this.#release()
  }

  /** A failed write's callback comes before its 'error' event: that one must still find a listener. */
  #release(): void {
    if (this.#isClosed && this.#pending === 0)
      setImmediate(() => this.#stream.off('error', this.#onError))
  }
}
