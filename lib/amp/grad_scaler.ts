/**
 * Gradient scaling: float16 keeps nothing below 6e-8, so the loss is multiplied by a large number
 * before backward and the gradients are divided by it before the step.
 */
import { boolean, finite, integer, options as checkOptions, oneOf, typeError } from '../check'
import { bindArgument, refuse, numberOf, varying } from '../compile/tape'
import { full } from '../creation'
import { noGrad } from '../modes'
import { native } from '../native'
import { type Tensor, isTensor } from '../tensor'
import { type Found, unscale } from './unscale'

export interface GradScalerOptions {
  /** `'cpu'` or `'cuda'`. Default `'cuda'`, as in PyTorch. */
  device?: 'cpu' | 'cuda'
  /** The first scale. Default 2^16. */
  initScale?: number
  /** > 1: what the scale is multiplied by after `growthInterval` steps without inf. Default 2. */
  growthFactor?: number
  /** < 1: what the scale is multiplied by after a step with inf or NaN. Default 0.5. */
  backoffFactor?: number
  /** >= 1, default 2000. */
  growthInterval?: number
  /** False makes every method pass through. Default true. */
  enabled?: boolean
}

/** What `GradScaler` needs of an optimizer. */
export interface ScaledOptimizer {
  readonly paramGroups: readonly { readonly params: readonly Tensor[] }[]
  step(): unknown
}

/** In Python's layout; empty where the scaler is not enabled. */
export interface GradScalerState {
  scale?: number
  growth_factor?: number
  backoff_factor?: number
  growth_interval?: number
  _growth_tracker?: number
}

/** Outputs to scale: tensors, in arrays to any depth. */
type Outputs = Tensor | readonly Outputs[]

/** Where an optimizer stands between two calls of `update`. */
interface Progress {
  stage: 'ready' | 'unscaled' | 'stepped'
  found: Found
}

const names = [
  'device',
  'initScale',
  'growthFactor',
  'backoffFactor',
  'growthInterval',
  'enabled'
] as const

function growth(name: string, value: unknown): number {
  const factor = finite(name, value)
  if (factor <= 1) throw new RangeError(`${name}: expected a number > 1, got ${factor}`)
  return factor
}

function backoff(name: string, value: unknown): number {
  const factor = finite(name, value, 0)
  if (factor >= 1) throw new RangeError(`${name}: expected a number < 1, got ${factor}`)
  return factor
}

/**
 * Scales losses and unscales gradients; a step whose gradients hold inf or NaN is skipped and makes
 * the scale smaller.
 *
 *     scaler.scale(loss).backward()
 *     scaler.step(optimizer)
 *     scaler.update()
 *
 * @throws RangeError for factors out of range; Error that says what is missing where CUDA is asked
 * for and not there
 * Source: https://pytorch.org/docs/stable/amp.html#torch.amp.GradScaler
 */
export class GradScaler {
  readonly #enabled: boolean
  // Numbers, not tensors: those would be gone where a scope ends. A step reads the device anyway.
  /** Rounded to float32, as libtorch keeps it. */
  #scale: number
  #growthFactor: number
  #backoffFactor: number
  #growthInterval: number
  /** Steps without inf or NaN since the scale last changed. */
  #growthTracker = 0
  #isStarted = false
  readonly #progress = new Map<ScaledOptimizer, Progress>()

  constructor(options?: GradScalerOptions) {
    const given = checkOptions<GradScalerOptions>('GradScaler', options, names)
    const device = oneOf('device', given.device ?? 'cuda', ['cpu', 'cuda'])
    this.#enabled = boolean('enabled', given.enabled ?? true)
    this.#scale = Math.fround(finite('initScale', given.initScale ?? 65536))
    this.#growthFactor = growth('growthFactor', given.growthFactor ?? 2)
    this.#backoffFactor = backoff('backoffFactor', given.backoffFactor ?? 0.5)
    this.#growthInterval = integer('growthInterval', given.growthInterval ?? 2000, 1)
    if (this.#enabled) native.resolveDevice(device)
  }

  isEnabled(): boolean {
    return this.#enabled
  }

  /** The scale now; 1 where the scaler is not enabled. */
  getScale(): number {
    return this.#enabled ? this.#scale : 1
  }

  getGrowthFactor(): number {
    return this.#growthFactor
  }

  /** @throws RangeError unless > 1 */
  setGrowthFactor(factor: number): void {
    this.#growthFactor = growth('factor', factor)
  }

  getBackoffFactor(): number {
    return this.#backoffFactor
  }

  /** @throws RangeError unless from 0 to below 1 */
  setBackoffFactor(factor: number): void {
    this.#backoffFactor = backoff('factor', factor)
  }

  getGrowthInterval(): number {
    return this.#growthInterval
  }

  /** @throws RangeError unless a whole number >= 1 */
  setGrowthInterval(interval: number): void {
    this.#growthInterval = integer('interval', interval, 1)
  }

  /** `outputs` times the scale: a tensor, or tensors in arrays. */
  scale<T extends Outputs>(outputs: T): T {
    if (!this.#enabled) return outputs
    return this.#scaled(outputs) as T
  }

  #scaled(outputs: Outputs): Outputs {
    if (Array.isArray(outputs)) return outputs.map((output) => this.#scaled(output))
    if (!isTensor(outputs)) throw typeError('outputs', 'a Tensor or an array of tensors', outputs)
    this.#isStarted = true
    const scale = varying(() => this.#scale)
    const factor = full([], numberOf(scale), { device: outputs.device })
    bindArgument('fill_value', scale)
    return outputs.mul(factor)
  }

  #requireStarted(method: string): void {
    if (this.#isStarted) return
    throw new Error(
      `GradScaler.${method}: expected a scaled loss before it, got none; ` +
        'call scaler.scale(loss).backward() first'
    )
  }

  #progressOf(optimizer: ScaledOptimizer): Progress {
    if (!Array.isArray(optimizer?.paramGroups) || typeof optimizer.step !== 'function')
      throw typeError('optimizer', 'an optimizer', optimizer)
    const known = this.#progress.get(optimizer)
    if (known) return known
    const progress: Progress = { stage: 'ready', found: 'no gradients' }
    this.#progress.set(optimizer, progress)
    return progress
  }

  /**
   * Divides the optimizer's gradients by the scale before `step` does it: to clip or look at them.
   * @throws Error where that was done since the last `update`, and for float16 gradients, which
   * would have lost their small values already
   */
  unscale_(optimizer: ScaledOptimizer): void {
    if (!this.#enabled) return
    refuseScaler('unscale_')
    this.#requireStarted('unscale_')
    const progress = this.#progressOf(optimizer)
    if (progress.stage !== 'ready') {
      const after = progress.stage === 'unscaled' ? 'unscale_()' : 'step()'
      throw new Error(
        `GradScaler.unscale_: expected one call for an optimizer and an update(), before step(); ` +
          `got one after ${after}`
      )
    }
    const params = optimizer.paramGroups.flatMap((group) => group.params)
    progress.found = noGrad(() => unscale(params, Math.fround(1 / this.#scale)))
    progress.stage = 'unscaled'
  }

  /**
   * `optimizer.step()` with unscaled gradients; nothing where these hold inf or NaN.
   * @returns what `optimizer.step()` gives; undefined where the step was skipped
   * @throws Error for a second step before `update`, and where the optimizer has no gradients
   */
  step(optimizer: ScaledOptimizer, ...closure: never[]): unknown {
    if (closure.length > 0) {
      throw new TypeError(
        'GradScaler.step: expected an optimizer alone; closures are not supported'
      )
    }
    if (!this.#enabled) return optimizer.step()
    refuseScaler('step')
    this.#requireStarted('step')
    const progress = this.#progressOf(optimizer)
    if (progress.stage === 'stepped')
      throw new Error('GradScaler.step: expected an update() between two steps, got none')
    if (progress.stage === 'ready') this.unscale_(optimizer)
    if (progress.found === 'no gradients')
      throw new Error('GradScaler.step: expected gradients, got none; call backward() first')
    const result = progress.found === 'finite' ? optimizer.step() : undefined
    progress.stage = 'stepped'
    return result
  }

  /**
   * Makes the scale smaller where a step since the last call was skipped, larger after
   * `growthInterval` calls without one. Call it once an iteration, after all steps.
   * @param newScale sets the scale instead: a number, or a tensor of one element
   */
  update(newScale?: number | Tensor): void {
    if (!this.#enabled) return
    refuseScaler('update')
    this.#requireStarted('update')
    if (newScale === undefined) this.#adapt()
    else
      this.#scale = Math.fround(
        isTensor(newScale) ? onlyElement(newScale) : finite('newScale', newScale)
      )
    this.#progress.clear()
  }

  #adapt(): void {
    const found = new Set([...this.#progress.values()].map((progress) => progress.found))
    if (!found.has('finite') && !found.has('inf or NaN')) {
      throw new Error(
        'GradScaler.update: expected gradients that were looked at, got none; ' +
          'call step(optimizer) first'
      )
    }
    if (found.has('inf or NaN')) {
      this.#scale = Math.fround(this.#scale * this.#backoffFactor)
      this.#growthTracker = 0
    } else if (++this.#growthTracker === this.#growthInterval) {
      const grown = Math.fround(this.#scale * this.#growthFactor)
      if (Number.isFinite(grown)) this.#scale = grown
      this.#growthTracker = 0
    }
  }

  /** In Python's layout; `{}` where the scaler is not enabled. */
  stateDict(): GradScalerState {
    if (!this.#enabled) return {}
    return {
      scale: this.#scale,
      growth_factor: this.#growthFactor,
      backoff_factor: this.#backoffFactor,
      growth_interval: this.#growthInterval,
      _growth_tracker: this.#growthTracker
    }
  }

  /**
   * Takes over a `stateDict()`, or one that Python saved; passes where the scaler is not enabled.
   * @throws TypeError for one of a scaler that was not enabled; nothing is changed then
   */
  loadStateDict(state: GradScalerState): void {
    if (!this.#enabled) return
    if (typeof state !== 'object' || state === null || state.scale === undefined) {
      throw typeError('state', 'the stateDict() of an enabled GradScaler', state)
    }
    const scale = finite('state.scale', state.scale)
    const growthFactor = growth('state.growth_factor', state.growth_factor)
    const backoffFactor = backoff('state.backoff_factor', state.backoff_factor)
    const growthInterval = integer('state.growth_interval', state.growth_interval, 1)
    const tracker = integer('state._growth_tracker', state._growth_tracker)
    this.#scale = Math.fround(scale)
    this.#growthFactor = growthFactor
    this.#backoffFactor = backoffFactor
    this.#growthInterval = growthInterval
    this.#growthTracker = tracker
  }
}

function refuseScaler(method: string): void {
  const remedy = 'call it after the step, or train in bfloat16, which needs no scaler'
  refuse(`GradScaler.${method}(), which reads whether gradients are finite`, remedy)
}

function onlyElement(tensor: Tensor): number {
  if (tensor.numel() !== 1 || tensor.requiresGrad)
    throw typeError('newScale', 'a number or a tensor of one element without a gradient', tensor)
  return tensor.item() as number
}
