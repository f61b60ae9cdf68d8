/**
 * What compare() found.
 */
import { writeAtomically } from '../atomic_file'
import { csvRow } from '../csv'
import type { Module } from '../nn/module'
import { rate, short } from '../number_text'
import { textTable } from '../text_table'
import type { Curve } from './curve'

/** How one method did. */
export interface MethodResult {
  name: string
  /** `'stopped'`: by the signal, in the middle. */
  status: 'done' | 'stopped' | 'failed' | 'not run'
  /** Why it failed. */
  error: string | null
  epochs: number
  steps: number
  seconds: number
  /** null where it is not known. */
  samplesPerSecond: number | null
  /** Of the last epoch; null before the first one's end. */
  finalLoss: number | null
  /** The least of an epoch. */
  bestLoss: number | null
  /** Epochs until the loss was at most the target; null where it never was. */
  epochsToTarget: number | null
  secondsToTarget: number | null
  curve: Curve
  /** As it is now; null where it did not run. */
  model: Module | null
  /** What train() resolved to; null where it did not. */
  result: unknown
}

export interface ComparisonFacts {
  methods: readonly MethodResult[]
  seed: number
  target: number | null
  /** Whether the signal ended it. */
  aborted: boolean
}

export const columns = ['epoch', 'step', 'seconds', 'loss', 'validationLoss'] as const

export class Comparison {
  /** In the order in which they were given. */
  readonly methods: readonly MethodResult[]
  readonly seed: number
  readonly target: number | null
  readonly aborted: boolean

  constructor({ methods, seed, target, aborted }: ComparisonFacts) {
    this.methods = methods
    this.seed = seed
    this.target = target
    this.aborted = aborted
  }

  /** A curve a method: `loss` by `epoch` or by `seconds`, a column each. */
  get curves(): readonly Curve[] {
    return this.methods.map(({ curve }) => curve)
  }

  /** The method with the least final loss; null where none has one. */
  get best(): MethodResult | null {
    const [best = null] = this.methods
      .filter(({ finalLoss }) => Number.isFinite(finalLoss))
      .sort((a, b) => (a.finalLoss as number) - (b.finalLoss as number))
    return best
  }

  /** A line a method. */
  table(): string {
    const isAllDone = this.methods.every(({ status }) => status === 'done')
    const cell = (value: number | null, text: (value: number) => string = short) =>
      value === null ? '-' : text(value)
    const head = [
      'method',
      ...(isAllDone ? [] : ['status']),
      'final loss',
      'best loss',
      'epochs',
      'seconds',
      ...(this.target === null ? [] : ['epochs to target', 'seconds to target']),
      'samples/s'
    ]
    const rows = this.methods.map((one) => [
      one.name,
      ...(isAllDone ? [] : [one.status]),
      cell(one.finalLoss),
      cell(one.bestLoss),
      String(one.epochs),
      one.seconds.toFixed(2),
      ...(this.target === null
        ? []
        : [cell(one.epochsToTarget), cell(one.secondsToTarget, (value) => value.toFixed(2))]),
      cell(one.samplesPerSecond, rate)
    ])
    return textTable(head, rows, isAllDone ? 1 : 2)
  }

  /** For `JSON.stringify`: without the models. */
  toJSON(): Omit<ComparisonFacts, 'methods'> & {
    methods: Omit<MethodResult, 'model' | 'result'>[]
  } {
    const { seed, target, aborted } = this
    const methods = this.methods.map(({ model, result, ...rest }) => rest)
    return { seed, target, aborted, methods }
  }

  /**
   * Writes the curves to a file, a row an epoch: `method,epoch,step,seconds,loss,validationLoss`; what
   * was not measured is empty.
   */
  toCsv(path: string): void {
    writeAtomically(path, (output) => {
      output.write(Buffer.from(csvRow(['method', ...columns])))
      for (const curve of this.curves) {
        for (const i of curve.epoch.keys()) {
          const values = columns.map((name) => curve[name][i] as number)
          const known = values.map((value) => (Number.isNaN(value) ? null : value))
          output.write(Buffer.from(csvRow([curve.name, ...known])))
        }
      }
    })
  }

  toString(): string {
    return this.table()
  }
}
