/**
 * The base of the optimizers whose steps are operators: their heirs write one formula for many
 * parameters at once, over the `_foreach_` operators. On the CPU these give the bits of the same
 * operators called parameter by parameter, as Python's default does.
 */
import { branch, effect, isRecording } from '../compile/tape'
import { zerosLike } from '../creation'
import { constantTensor } from '../data'
import { noGrad } from '../modes'
import { native } from '../native'
import { isTensor, type Tensor } from '../tensor'
import { Batch, makeSlot, type Slot, viewAsReal } from './batch'
import type { CheckedGroup, GroupInput, ParamGroup } from './groups'
import { Optimizer, type OptimizerKind } from './optimizer'
import { rounded } from './rounding'
import type { Kept } from './state'

/** The same tensor: no scope() that a step runs in may free it. */
function outliving(value: Tensor): Tensor {
  native.outliveScopes(value)
  return value
}

/** A tensor like `parameter` that is `value` everywhere, in both parts of complex numbers. */
export function filledLike(parameter: Tensor, value: number): Tensor {
  const filled = zerosLike(parameter)
  const parts = parameter.dtype.startsWith('complex') ? viewAsReal(filled) : filled
  parts.fill_(value)
  return filled
}

export abstract class OperatorOptimizer<Options extends object> extends Optimizer<Options> {
  readonly #kind: OptimizerKind<Options>
  #slots = new Map<Tensor, Slot>()

  constructor(
    kind: OptimizerKind<Options>,
    params: readonly Tensor[] | readonly GroupInput<Options>[],
    options: Options | undefined
  ) {
    super(kind, options)
    this.#kind = kind
    this.addGroups(params)
  }

  /** Updates the parameters of one batch. Runs without recording. */
  protected abstract updateBatch(batch: Batch, group: ParamGroup<Options>): void

  /** A tensor to be kept under `name` before the first step; zeros, unless told otherwise. */
  protected initial(_name: string, parameter: Tensor, _options: Required<Options>): Tensor {
    return zerosLike(parameter)
  }

  /** A number to be kept under `name` before the first step. */
  protected initialNumber(_name: string, _options: Required<Options>): number {
    return 0
  }

  /** Called where a gradient is sparse. */
  protected refuseSparse(_options: Required<Options>): void {
    throw new TypeError(
      `${this.#kind.name}: expected dense gradients, got a sparse one; use SGD or Adagrad`
    )
  }

  protected override groupAdded(_group: CheckedGroup<Options>): void {}

  /**
   * All gradients are looked at before anything is changed. Intermediate results are freed at once: the
   * memory of one step, still in the cache, serves the next one.
   */
  protected override update(): void {
    // Before what is kept is made: a step that makes some is not one to replay.
    if (isRecording()) branch(() => this.version)
    noGrad(() => {
      const scope = native.openScope()
      try {
        const batches = this.paramGroups.map((group) => this.#batches(group))
        for (const [i, group] of this.paramGroups.entries()) {
          for (const batch of batches[i] as Batch[]) {
            if (isRecording()) branch(() => batch.isWhole())
            effect(
              () => batch.count(),
              () => batch.uncount()
            )
            this.updateBatch(batch, group)
          }
        }
      } finally {
        native.closeScope(scope, [])
      }
    })
  }

  #batches(group: ParamGroup<Options>): Batch[] {
    const names = this.#namesKept(group)
    const batches: Batch[] = []
    for (const parameter of group.params) {
      const grad = native.grad(parameter)
      if (grad === null) continue
      if (native.isSparse(grad)) this.refuseSparse(group)
      const slot = this.#slotOf(parameter, names, group)
      let batch = batches.find((other) => other.takes(slot))
      if (!batch) batches.push((batch = new Batch()))
      batch.add(parameter, grad, slot)
    }
    return batches
  }

  /** Names of what is kept under these options, beside the step. */
  #namesKept(options: Required<Options>): string[] {
    return Object.entries(this.#kind.state)
      .filter(([name, { when }]) => name !== 'step' && (when?.(options) ?? true))
      .map(([name]) => name)
  }

  #isNumber(name: string): boolean {
    return this.#kind.state[name]?.shape === 'scalar'
  }

  /** A parameter's slot, with all `names` in it: an option that needs more may be set at any time. */
  #slotOf(parameter: Tensor, names: readonly string[], options: Required<Options>): Slot {
    let slot = this.#slots.get(parameter)
    if (!slot) {
      slot = makeSlot(parameter)
      this.#slots.set(parameter, slot)
      this.changed()
    }
    for (const name of names) {
      if (name in slot.tensors || name in slot.numbers) continue
      if (this.#isNumber(name)) {
        const value = rounded(this.initialNumber(name, options), 'float32')
        slot.numbers[name] = { value, dtype: 'float32' }
      } else {
        slot.tensors[name] = outliving(this.initial(name, parameter, options))
      }
      this.changed()
    }
    return slot
  }

  /** Makes what is kept for parameters before they have a gradient. */
  protected prepare({ params, options }: CheckedGroup<Options>): void {
    const names = this.#namesKept(options)
    for (const parameter of params) this.#slotOf(parameter, names, options)
  }

  protected override readState(): Map<Tensor, Kept> {
    const isInteger = this.#kind.state['step']?.isInteger ?? false
    return new Map(
      Array.from(this.#slots, ([parameter, { step, numbers, tensors }]) => {
        const kept: Kept = { step: isInteger ? step : constantTensor(step) }
        for (const name of Object.keys(this.#kind.state)) {
          const { [name]: number } = numbers
          if (number) kept[name] = constantTensor(number.value, { dtype: number.dtype })
          else if (name in tensors) kept[name] = tensors[name] as Tensor
        }
        return [parameter, kept]
      })
    )
  }

  protected override writeState(kept: ReadonlyMap<Tensor, Kept>): void {
    this.#slots = new Map(
      Array.from(kept, ([parameter, { step, ...others }]) => {
        const slot = makeSlot(parameter, (isTensor(step) ? step.item() : step) as number)
        for (const [name, value] of Object.entries(others)) {
          if (!this.#isNumber(name)) slot.tensors[name] = outliving(value as Tensor)
          else if (isTensor(value)) slot.numbers[name] = { value: value.item(), dtype: value.dtype }
          else slot.numbers[name] = { value: Math.fround(value as number), dtype: 'float32' }
        }
        return [parameter, slot]
      })
    )
  }
}
