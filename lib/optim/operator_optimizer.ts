/**
 * The base of the optimizers whose steps are operators: their heirs write one formula for many
 * parameters at once, over the `_foreach_` operators. On the CPU these give the bits of the same
 * operators called parameter by parameter, as Python's default does.
 */
import { noGrad } from '../modes'
import { tensor } from '../data'
import { native } from '../native'
import { zerosLike } from '../creation'
import { operator } from '../operators/call'
import { isTensor, type Tensor } from '../tensor'
import type { CheckedGroup, GroupInput, ParamGroup } from './groups'
import { Optimizer, type OptimizerKind } from './optimizer'
import type { Kept } from './state'

/** What is kept for a parameter. `step` is a number here, whatever Python writes. */
interface Slot {
  step: number
  tensors: Record<string, Tensor>
  /** The parameter's dtype and device. */
  type: string
}

function makeSlot(parameter: Tensor, step: number, tensors: Record<string, Tensor>): Slot {
  return { step, tensors, type: `${parameter.dtype} ${parameter.device}` }
}

/** Parameters of a group, of one dtype and device, that have a gradient and took as many steps. */
export class Batch {
  readonly params: Tensor[] = []
  readonly grads: Tensor[] = []
  readonly #slots: Slot[] = []

  /** @param step the number of the step that is being made, from 1 */
  constructor(
    readonly step: number,
    readonly type: string
  ) {}

  add(parameter: Tensor, grad: Tensor, slot: Slot): void {
    this.params.push(real(parameter, slot))
    this.grads.push(real(grad, slot))
    this.#slots.push(slot)
  }

  /** What is kept under `name` for each of the parameters. */
  kept(name: string): Tensor[] {
    return this.#slots.map((slot) => real(slot.tensors[name] as Tensor, slot))
  }

  /** Counts the step. */
  count(): void {
    for (const slot of this.#slots) slot.step = this.step
  }
}

const viewAsReal = operator<(self: Tensor) => Tensor>('view_as_real')

/** As in Python, a complex number is two real ones to the formulas. */
function real(value: Tensor, slot: Slot): Tensor {
  return slot.type.startsWith('complex') && value.dtype.startsWith('complex')
    ? viewAsReal(value)
    : value
}

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
    noGrad(() => {
      const scope = native.openScope()
      try {
        const batches = this.paramGroups.map((group) => this.#batches(group))
        for (const [i, group] of this.paramGroups.entries()) {
          for (const batch of batches[i] as Batch[]) {
            batch.count()
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
      // Python counts in a float32, which stays at 2^24.
      const step = Math.fround(slot.step + 1)
      let batch = batches.find((other) => other.step === step && other.type === slot.type)
      if (!batch) {
        batch = new Batch(step, slot.type)
        batches.push(batch)
      }
      batch.add(parameter, grad, slot)
    }
    return batches
  }

  /** Names of the tensors that are kept under these options. */
  #namesKept(options: Required<Options>): string[] {
    return Object.entries(this.#kind.state)
      .filter(([name, { when }]) => name !== 'step' && (when?.(options) ?? true))
      .map(([name]) => name)
  }

  /** A parameter's slot, with all `names` in it: an option that needs more may be set at any time. */
  #slotOf(parameter: Tensor, names: readonly string[], options: Required<Options>): Slot {
    let slot = this.#slots.get(parameter)
    if (!slot) {
      slot = makeSlot(parameter, 0, {})
      this.#slots.set(parameter, slot)
    }
    for (const name of names) {
      slot.tensors[name] ??= outliving(this.initial(name, parameter, options))
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
      Array.from(this.#slots, ([parameter, { step, tensors }]) => [
        parameter,
        { step: isInteger ? step : tensor(step), ...tensors }
      ])
    )
  }

  protected override writeState(kept: ReadonlyMap<Tensor, Kept>): void {
    this.#slots = new Map(
      Array.from(kept, ([parameter, { step, ...others }]) => {
        const tensors = Object.entries(others).map(([name, value]) => [
          name,
          outliving(isTensor(value) ? value : tensor(value as number))
        ])
        const count = (isTensor(step) ? step.item() : step) as number
        const slot = makeSlot(parameter, count, Object.fromEntries(tensors))
        return [parameter, slot]
      })
    )
  }
}
