/**
 * The model that a method starts from.
 */
import { typeError } from '../check'
import { Module } from '../nn/module'
import { manualSeed } from '../runtime'
import type { Tensor } from '../tensor'
import type { Method } from './method'

/** Makes the models of the methods; those of the shared factory have the same first weights. */
export class Start {
  readonly #shared: (() => Module) | undefined
  readonly #seed: number
  readonly #made = new Set<Module>()
  #weights: Record<string, Tensor> | null = null

  constructor(shared: (() => Module) | undefined, seed: number) {
    this.#shared = shared
    this.#seed = seed
  }

  /** @throws TypeError where the factory gives no module, or one that it has given before */
  modelOf(method: Method): Module {
    const make = method.model ?? (this.#shared as () => Module)
    manualSeed(this.#seed)
    const model = make()
    const remedy = 'return a new one at each call'
    if (!(model instanceof Module)) throw typeError('model()', 'a module', model, remedy)
    if (this.#made.has(model))
      throw typeError('model()', 'a new module', 'the one from before', remedy)
    this.#made.add(model)
    if (make !== this.#shared) return model
    if (this.#weights === null) this.#weights = copyOf(model)
    else model.loadStateDict(this.#weights)
    return model
  }
}

function copyOf(model: Module): Record<string, Tensor> {
  const state = Object.entries(model.stateDict())
  return Object.fromEntries(state.map(([name, tensor]) => [name, tensor.clone()]))
}
