/**
 * compare(): methods of optimization side by side.
 */
import { boolean, callable, finite, integer, typeError } from '../check'
import type { Module } from '../nn/module'
import { progressDisplay } from '../progress'
import { Comparison, type MethodResult } from './comparison'
import { type Curve, addTo, newCurve } from './curve'
import { type CompareOptions, type Method, type RunOptions, checkMethods } from './method'
import { Start } from './start'
import type { TrainOptions, TrainRun } from './train'

/** train(), or what a test has in its place. */
export type Train = (model: Module, options: TrainOptions) => TrainRun

/** What is known of a run while it goes on. */
interface Course {
  curve: Curve
  samples: number | null
  step: number
  seconds: number
  isStopped: boolean
}

/** Options by which train() writes something that stays. */
const kept = ['checkpoint', 'resume']

/** Milliseconds. */
const warmUpTime = 200

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value
}

/** How a method's run stands, from what it told. */
function resultOf(course: Course, target: number | null): Omit<MethodResult, 'status' | 'error'> {
  const { curve, step, seconds, samples } = course
  const isValidated = curve.validationLoss.some((loss) => !Number.isNaN(loss))
  const losses = isValidated ? curve.validationLoss : curve.loss
  const measured = losses.filter((loss) => !Number.isNaN(loss))
  const reached = target === null ? -1 : losses.findIndex((loss) => loss <= target)
  const [epochs, last] = [curve.epoch.length, curve.seconds.at(-1) ?? 0]
  return {
    name: curve.name,
    epochs,
    steps: step,
    seconds,
    samplesPerSecond: samples !== null && last > 0 ? (samples * epochs) / last : null,
    finalLoss: (isValidated ? measured : losses).at(-1) ?? null,
    bestLoss: measured.length > 0 ? Math.min(...measured) : null,
    epochsToTarget: curve.epoch[reached] ?? null,
    secondsToTarget: curve.seconds[reached] ?? null,
    curve,
    model: null,
    result: null
  }
}

class Comparing {
  readonly #train: Train
  readonly #options: CompareOptions
  readonly #shared: RunOptions
  readonly #methods: readonly Method[]
  readonly #seed: number
  readonly #target: number | null
  readonly #start: Start
  #firstError: unknown
  /** By `onProgress`: no failure of a method. */
  readonly #thrown: unknown[] = []

  constructor(train: Train, methods: readonly Method[], options: CompareOptions) {
    const { model, seed = 0, target, warmUp, progress, onProgress, signal, ...shared } = options
    checkMethods(methods, options)
    this.#seed = integer('seed', seed)
    this.#target = target === undefined ? null : finite('target', target)
    if (warmUp !== undefined) boolean('warmUp', warmUp)
    if (onProgress !== undefined) callable('onProgress', onProgress)
    if (signal !== undefined && !isSignal(signal))
      throw typeError('signal', 'an AbortSignal', signal)
    progressDisplay({ progress }).close()
    this.#train = train
    this.#options = options
    this.#shared = shared
    this.#methods = methods
    this.#start = new Start(model, this.#seed)
  }

  /** The run of a method from its start. Of a trial nothing is kept. */
  #begin(method: Method, signal: AbortSignal, isTrial = false) {
    const { name, model: _, optimizer: make, ...own } = method
    const model = this.#start.modelOf(method)
    const optimizer = make(model.parameters())
    const { scheduler, loggers, ...shared } = { ...this.#shared, ...own }
    const given = Object.entries(shared).filter(([option]) => !(isTrial && kept.includes(option)))
    const options = {
      ...Object.fromEntries(given),
      ...(scheduler ? { scheduler: scheduler(optimizer) } : {}),
      ...(loggers && !isTrial ? { loggers: loggers(name) } : {}),
      optimizer,
      seed: this.#seed,
      signal
    }
    return { model, run: this.#train(model, options as TrainOptions) }
  }

  /** Looking operators up and compiling JavaScript is done once a process: it would count for some only. */
  async #warmUp(method: Method): Promise<void> {
    const enough = new AbortController()
    const end = performance.now() + warmUpTime
    try {
      const { run } = this.#begin(method, this.#signalWith(enough), true)
      for await (const _ of run) if (performance.now() > end) enough.abort()
      await run
    } catch {
      // The method's own run tells it.
    }
  }

  #signalWith({ signal }: AbortController): AbortSignal {
    return AbortSignal.any([signal, ...(this.#options.signal ? [this.#options.signal] : [])])
  }

  async #run(method: Method, index: number): Promise<MethodResult> {
    const { progress, onProgress, signal, warmUp = true } = this.#options
    const { name } = method
    const course: Course = {
      curve: newCurve(name),
      samples: null,
      step: 0,
      seconds: 0,
      isStopped: false
    }
    const told = () => resultOf(course, this.#target)
    if (warmUp && !signal?.aborted) await this.#warmUp(method)
    if (signal?.aborted) return { ...told(), status: 'not run', error: null }
    const display = progressDisplay({ progress, label: name })
    const end = new AbortController()
    try {
      const { model, run } = this.#begin(method, this.#signalWith(end))
      for await (const event of run) {
        follow(course, event)
        display.log(event)
        try {
          onProgress?.({ name, index, count: this.#methods.length, event })
        } catch (error) {
          this.#thrown.push(error)
          end.abort()
        }
      }
      const result = await run
      const status = course.isStopped ? 'stopped' : 'done'
      return { ...told(), status, error: null, model, result }
    } catch (error) {
      this.#firstError ??= error
      return { ...told(), status: 'failed', error: messageOf(error) }
    } finally {
      display.close()
    }
  }

  async run(): Promise<Comparison> {
    const methods: MethodResult[] = []
    for (const [index, method] of this.#methods.entries()) {
      methods.push(await this.#run(method, index))
      if (this.#thrown.length > 0) throw this.#thrown[0]
    }
    if (methods.every(({ status }) => status === 'failed'))
      throw new Error(`compare: every method failed, the first with: ${methods[0]?.error}`, {
        cause: this.#firstError
      })
    const aborted = methods.some(({ status }) => status === 'stopped' || status === 'not run')
    return new Comparison({ methods, seed: this.#seed, target: this.#target, aborted })
  }
}

function follow(course: Course, event: Parameters<typeof addTo>[1] & { samples?: number | null }) {
  addTo(course.curve, event)
  course.step = event.step
  course.seconds = event.seconds ?? course.seconds
  if (event.type === 'start') course.samples = event.samples ?? null
  if (event.type === 'stop') course.isStopped = event.reason === 'signal'
}

/** compare() with another train(). */
export async function compareWith(
  train: Train,
  methods: readonly Method[],
  options: CompareOptions
): Promise<Comparison> {
  if (typeof options !== 'object' || options === null)
    throw typeError('options', 'an object { model, data, loss, epochs, ... }', options)
  return new Comparing(train, methods, options).run()
}
