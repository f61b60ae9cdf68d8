/**
 * Weights that a hook computes before every forward from what takes their place among the parameters.
 */
import type { HookHandle } from '../../autograd/hooks'
import { typeError } from '../../check'
import type { Tensor } from '../../tensor'
import { Module } from '../module'
import { pureHook } from '../module/hooks'
import { memberOf, setComputed } from '../module/members'

/** A way to compute a weight. */
export interface Recipe {
  /** What computes it, for messages: `weightNorm`. */
  readonly kind: string
  compute(module: Module): Tensor
}

interface Entry<R extends Recipe> {
  recipe: R
  handle: HookHandle
}

const entries = new WeakMap<Module, Map<string, Entry<Recipe>>>()

/** The module in argument `module`; a TypeError for anything else. */
export function checkModule(caller: string, module: unknown): Module {
  if (!(module instanceof Module)) throw typeError(`${caller}: module`, 'an nn.Module', module)
  return module
}

/** The parameter `name` of `module` itself; a TypeError that lists its parameters where there is none. */
export function ownParameter(caller: string, module: Module, name: string): Tensor {
  const parameters = module.namedParameters('', false)
  const found = parameters.find(([known]) => known === name)
  if (found) return found[1]
  const names = parameters.map(([known]) => `'${known}'`)
  const owner = module.constructor.name
  const has = names.length > 0 ? `${owner} has ${names.join(', ')}` : `${owner} has none`
  throw typeError(`${caller}: name`, 'the name of a parameter', name, has)
}

/** The member `name` of `module`, which is a tensor. */
export function tensorOf(module: Module, name: string): Tensor {
  return memberOf(module, name) as Tensor
}

/** How the weight `name` is computed; undefined where it is not. */
export function recipeOf(module: Module, name: string): Recipe | undefined {
  return entries.get(module)?.get(name)?.recipe
}

/** All weights of `module` itself that are computed. */
export function recipesOf(module: Module): Recipe[] {
  return [...(entries.get(module)?.values() ?? [])].map(({ recipe }) => recipe)
}

/** Refuses a weight that is computed already. */
export function refuseComputed(caller: string, module: Module, name: string): void {
  const there = recipeOf(module, name)
  if (!there) return
  throw new TypeError(
    `${caller}: '${name}' is computed by ${there.kind} already; remove that first`
  )
}

/** Has `recipe`, in place of the one that is there, compute the weight before every forward. */
export function keepComputed(module: Module, name: string, recipe: Recipe): void {
  entries.get(module)?.get(name)?.handle.remove()
  const handle = module.registerForwardPreHook(
    pureHook(() => {
      setComputed(module, name, recipe.compute(module))
    })
  )
  let known = entries.get(module)
  if (!known) entries.set(module, (known = new Map()))
  known.set(name, { recipe, handle })
}

/** Takes the recipe for the weight `name` away and gives it; null where there is none of that kind. */
export function forget<R extends Recipe>(
  module: Module,
  name: string,
  kind: new (...args: never[]) => R
): R | null {
  const known = entries.get(module)
  const entry = known?.get(name)
  if (!(entry?.recipe instanceof kind)) return null
  entry.handle.remove()
  known?.delete(name)
  return entry.recipe
}
