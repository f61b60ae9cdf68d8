/**
 * Copies of what training changes, to go back to.
 */
import { type RngState, restoreRng, rngState } from '../checkpoint'
import { noGrad } from '../modes'
import type { Module } from '../nn/module'
import { turn } from '../pacer'
import { isPlain, setEntry } from '../plain'
import { isTensor, type Tensor } from '../tensor'
import type { LRScheduler, SchedulerState } from '../optim/lr_scheduler'
import type { TrainOptimizer } from './options'

/** `value` with copies of its tensors, arrays and objects. */
export function copied(value: unknown): unknown {
  if (isTensor(value)) return value.detach().clone()
  if (Array.isArray(value)) return value.map(copied)
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  const made: Record<string, unknown> = {}
  for (const [name, item] of Object.entries(value)) setEntry(made, name, copied(item))
  return made
}

/** The same, while the event loop turns: a large model takes long to copy. */
async function copiedInTurns(value: unknown): Promise<unknown> {
  await turn()
  if (isTensor(value)) return value.detach().clone()
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value) && !isPlain(value)) return value
  const made: Record<string, unknown> = Array.isArray(value) ? ([] as never) : {}
  for (const [name, item] of Object.entries(value)) setEntry(made, name, await copiedInTurns(item))
  return made
}

/** Parameters and buffers of a model, and what else the optimizer changes, each once. */
function tensorsOf(model: Module, optimizer: TrainOptimizer): Tensor[] {
  const others = optimizer.paramGroups.flatMap(({ params }) => params)
  return [...new Set([...model.parameters(), ...model.buffers(), ...others])]
}

/** A copy of the parameters and buffers. */
export class Weights {
  readonly #own: Tensor[]
  /** The copies. */
  readonly tensors: Tensor[]

  /** @param copies taken over, instead of new ones */
  constructor(model: Module, optimizer: TrainOptimizer, copies?: Tensor[]) {
    this.#own = tensorsOf(model, optimizer)
    this.tensors = copies ?? this.#own.map((tensor) => tensor.detach().clone())
  }

  /** Gives the model what it had. In place: its tensors stay the same ones. */
  restore(): void {
    copyAll(this.#own, this.tensors)
  }

  dispose(): void {
    for (const copy of this.tensors) copy.dispose()
  }

  /** The tensors themselves, outside of any graph. */
  static of(model: Module, optimizer: TrainOptimizer): Tensor[] {
    return tensorsOf(model, optimizer).map((tensor) => tensor.detach())
  }

  /** A copy that is made while the event loop turns. */
  static async inTurns(model: Module, optimizer: TrainOptimizer): Promise<Weights> {
    const copies = await copiedInTurns(tensorsOf(model, optimizer))
    return new Weights(model, optimizer, copies as Tensor[])
  }

  static copyInto(model: Module, optimizer: TrainOptimizer, values: readonly Tensor[]): void {
    copyAll(tensorsOf(model, optimizer), values)
  }
}

function copyAll(tensors: readonly Tensor[], values: readonly Tensor[]): void {
  noGrad(() => {
    for (const [i, tensor] of tensors.entries()) tensor.copy_(values[i] as Tensor)
  })
}

/** A copy of all that a step changes, the random generators among it. */
export class Snapshot {
  readonly #weights: Weights
  readonly #optimizer: object
  readonly #scheduler: SchedulerState | null
  readonly #rng: RngState
  readonly #of: { optimizer: TrainOptimizer; scheduler: LRScheduler | null }

  /**
   * @param step updates done
   * @param copies taken over, instead of new ones
   */
  constructor(
    readonly step: number,
    model: Module,
    optimizer: TrainOptimizer,
    scheduler: LRScheduler | null,
    copies?: { weights: Weights; optimizer: object }
  ) {
    this.#weights = copies?.weights ?? new Weights(model, optimizer)
    this.#optimizer = copies?.optimizer ?? (copied(optimizer.stateDict()) as object)
    this.#scheduler = scheduler?.stateDict() ?? null
    this.#rng = rngState()
    this.#of = { optimizer, scheduler }
  }

  /** One that is made while the event loop turns, of what nobody changes meanwhile. */
  static async inTurns(
    step: number,
    model: Module,
    optimizer: TrainOptimizer,
    scheduler: LRScheduler | null
  ): Promise<Snapshot> {
    const weights = await Weights.inTurns(model, optimizer)
    const state = (await copiedInTurns(optimizer.stateDict())) as object
    return new Snapshot(step, model, optimizer, scheduler, { weights, optimizer: state })
  }

  /** The optimizer keeps its state in other tensors then: steps recorded before are of no use. */
  restore(): void {
    const { optimizer, scheduler } = this.#of
    this.#weights.restore()
    optimizer.loadStateDict(this.#optimizer)
    if (this.#scheduler) scheduler?.loadStateDict(this.#scheduler)
    restoreRng(this.#rng)
  }

  dispose(): void {
    this.#weights.dispose()
  }
}
