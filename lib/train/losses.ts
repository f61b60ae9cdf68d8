/**
 * The losses of a run, however many they become: adding one, or copying all, must not hold the event loop up.
 */
export class Losses {
  #values = new Float64Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  get last(): number {
    return this.#length > 0 ? (this.#values[this.#length - 1] as number) : Number.NaN
  }

  push(loss: number): void {
    if (this.#length === this.#values.length) {
      const longer = new Float64Array(2 * this.#length)
      longer.set(this.#values)
      this.#values = longer
    }
    this.#values[this.#length++] = loss
  }

  /** Forgets those after the first `count`. */
  cut(count: number): void {
    this.#length = count
  }

  /** A copy. */
  toArray(): Float64Array {
    return this.#values.slice(0, this.#length)
  }

  static of(values: Float64Array): Losses {
    const made = new Losses()
    made.#values = new Float64Array(Math.max(1024, 2 * values.length))
    made.#values.set(values)
    made.#length = values.length
    return made
  }
}
