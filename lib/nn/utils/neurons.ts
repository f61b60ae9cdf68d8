/**
 * Where the output units of a layer are held: its own rows, norms between, and what takes them in.
 */
import { typeError } from '../../check'
import { noGrad } from '../../modes'
import { type Tensor, isTensor } from '../../tensor'
import type { Module } from '../module'
import { ownBuffers } from '../module/members'
import { Parameter } from '../parameter'

/** What an optimizer offers to follow a model that changes. */
export interface FollowingOptimizer {
  replaceParameter(
    parameter: Tensor,
    replacement: Tensor,
    mapState: (name: string, value: Tensor) => Tensor
  ): void
}

export interface NeuronOptions {
  /** The sequence that holds the layer: what follows it there is found, up to the next layer. */
  model?: Module
  /** Instead of `model`: the layer, or the layers, that take the units in. Null for the last layer. */
  next?: Module | readonly Module[] | null
  /** With `next`: batch norms on the way, which have an entry a unit. */
  between?: readonly Module[]
  /** The optimizer of these layers: what it keeps for their parameters follows. */
  optimizer?: FollowingOptimizer
}

/** A layer by its weight: `[units, inputs, ...]`. */
export type Layer = Module & { weight: Tensor; bias: Tensor | null }

/** Linear and convolutions, whatever class they come from. */
export function isLayer(module: Module): module is Layer {
  const {
    weight,
    groups = 1,
    transposed
  } = module as unknown as Partial<Layer> & {
    groups?: number
    transposed?: boolean
  }
  return (
    isTensor(weight) &&
    weight.ndim >= 2 &&
    groups === 1 &&
    transposed !== true &&
    ('outFeatures' in module || 'outChannels' in module)
  )
}

const isNorm = (module: Module) => 'numFeatures' in module

export function layerArgument(name: string, value: unknown): Layer {
  if (typeof value === 'function' && isLayer(value as unknown as Module)) return value as Layer
  throw typeError(name, 'a Linear, or a convolution with groups 1', value)
}

/** The layer's neighbours that hold its units. */
export interface Surroundings {
  next: Layer[]
  norms: Module[]
}

/** @throws TypeError where the model does not hold the layer, or nothing in it takes the units in */
export function surroundings(
  layer: Layer,
  { model, next, between = [] }: NeuronOptions
): Surroundings {
  if (next !== undefined) {
    const list = next === null ? [] : Array.isArray(next) ? next : [next]
    return { next: list.map((one) => layerArgument('next', one)), norms: [...between] }
  }
  const children = model?.children() ?? []
  const at = children.indexOf(layer)
  if (at === -1)
    throw typeError('model', 'the sequence that holds the layer', model, 'or give next')
  const norms: Module[] = []
  for (const module of children.slice(at + 1)) {
    if (isLayer(module)) return { next: [module], norms }
    if (isNorm(module)) norms.push(module)
    else if (module.parameters().length > 0)
      throw typeError(
        'model',
        'a Linear, a convolution or a batch norm after the layer',
        module,
        'give next'
      )
  }
  throw typeError('model', 'a layer after this one', model, 'the last layer: give next: null')
}

/** What is kept of a gradient, and of its square, scales as the gradient does. */
const firstMoments = new Set(['momentum_buffer', 'exp_avg', 'grad_avg', 'exp_inf', 'prev'])
const secondMoments = new Set(['exp_avg_sq', 'max_exp_avg_sq', 'square_avg', 'sum'])

/** The power of the gradient to which the kept tensor `name` goes. */
export function momentOf(name: string): 0 | 1 | 2 {
  return firstMoments.has(name) ? 1 : secondMoments.has(name) ? 2 : 0
}

/**
 * Gives `module[name]`, a parameter or buffer, new values of another shape. `change(tensor, moment)`
 * makes them of the old ones; the same is done to what the optimizer keeps.
 */
export function exchange(
  module: Module,
  name: string,
  change: (tensor: Tensor, moment: 0 | 1 | 2 | null) => Tensor,
  optimizer: FollowingOptimizer | undefined
): void {
  const holder = module as unknown as Record<string, Tensor | null | undefined>
  const old = holder[name]
  if (!isTensor(old)) return
  const made = noGrad(() => change(old.detach(), null))
  if (ownBuffers(module, 'all').some(([known]) => known === name)) {
    holder[name] = made
    return
  }
  const replacement = Parameter(made, old.requiresGrad)
  optimizer?.replaceParameter(old, replacement, (key, value) => change(value, momentOf(key)))
  holder[name] = replacement
}
