/**
 * Functions that are called before and after a module's forward and backward.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 */
import type { HookHandle } from '../../autograd/hooks'
import { boolean, callable, options as checkOptions } from '../../check'
import { isRecording, refuse } from '../../compile/tape'
import type { Tensor } from '../../tensor'
import { BackwardHook } from './backward_hook'
import type { Module } from './module'

// biome-ignore lint/suspicious/noExplicitAny: modules choose inputs and outputs
type Any = any

/** One gradient for each input or output; null where there is none, or no tensor. */
export type Gradients = (Tensor | null)[]

/** Is given the inputs; an array that it returns takes their place, another value that of them all. */
export type ForwardPreHook = (module: Any, inputs: Any[]) => unknown

/** Is given inputs and output; what it returns, unless undefined or null, takes the output's place. */
export type ForwardHook = (module: Any, inputs: Any[], output: Any) => unknown

/** Is given d(loss)/d(input) and d(loss)/d(output); an array that it returns replaces the former. */
export type FullBackwardHook = (
  module: Any,
  gradInputs: Gradients,
  gradOutputs: Gradients
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook may have no return at all
) => Gradients | Tensor | null | undefined | void

/** Is given d(loss)/d(output); an array that it returns takes its place. */
export type FullBackwardPreHook = (
  module: Any,
  gradOutputs: Gradients
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook may have no return at all
) => Gradients | Tensor | null | undefined | void

export interface HookOptions {
  /** Whether the hook is called before those that are there. Default false. */
  prepend?: boolean
}

/** When which hooks are called. */
export interface HookKinds {
  forwardPre: ForwardPreHook
  forward: ForwardHook
  backwardPre: FullBackwardPreHook
  backward: FullBackwardHook
}

/** The hooks of one module, in the order of their calls. */
export class Hooks {
  readonly forwardPre: { hook: ForwardPreHook }[] = []
  readonly forward: { hook: ForwardHook }[] = []
  readonly backwardPre: { hook: FullBackwardPreHook }[] = []
  readonly backward: { hook: FullBackwardHook }[] = []

  get isEmpty(): boolean {
    const { forwardPre, forward, backwardPre, backward } = this
    return forwardPre.length + forward.length + backwardPre.length + backward.length === 0
  }

  add<K extends keyof HookKinds>(
    kind: K,
    hook: HookKinds[K],
    options: HookOptions | undefined,
    whenEmpty: () => void
  ): HookHandle {
    callable('hook', hook)
    const { prepend = false } = checkOptions<HookOptions>('hook', options, ['prepend'])
    const list: { hook: unknown }[] = this[kind]
    // The same function may be there twice: each place in the list is an object of its own.
    const place = { hook }
    if (boolean('prepend', prepend)) list.unshift(place)
    else list.push(place)
    return {
      remove: () => {
        const index = list.indexOf(place)
        if (index !== -1) list.splice(index, 1)
        if (this.isEmpty) whenEmpty()
      }
    }
  }
}

const pure = new WeakSet<object>()

/** Declares that `hook` calls operators alone, so that a recorded step holds all that it does. */
export function pureHook<Hook extends object>(hook: Hook): Hook {
  pure.add(hook)
  return hook
}

function refuseHooks(module: Module, hooks: Hooks): void {
  const all: { hook: object }[] = [
    hooks.forwardPre,
    hooks.forward,
    hooks.backwardPre,
    hooks.backward
  ].flat()
  if (all.every(({ hook }) => pure.has(hook))) return
  const remedy = 'call the function without hooks or outside of the compiled step'
  refuse(`a hook of ${module.constructor.name}`, remedy)
}

/** Calls `module` with its hooks. Those that hooks add or remove meanwhile count from the next call. */
export function callWithHooks(module: Module, hooks: Hooks, given: unknown[]): unknown {
  if (isRecording()) refuseHooks(module, hooks)
  let inputs = given
  for (const { hook } of [...hooks.forwardPre]) {
    const changed = hook(module, inputs)
    if (changed === undefined || changed === null) continue
    inputs = Array.isArray(changed) ? changed : [changed]
  }
  const backward =
    hooks.backward.length + hooks.backwardPre.length === 0
      ? null
      : new BackwardHook(
          module,
          hooks.backward.map(({ hook }) => hook),
          hooks.backwardPre.map(({ hook }) => hook)
        )
  if (backward) inputs = backward.watchInputs(inputs)
  let output: unknown = module.forward(...inputs)
  for (const { hook } of [...hooks.forward]) {
    const changed = hook(module, inputs, output)
    if (changed !== undefined && changed !== null) output = changed
  }
  return backward ? backward.watchOutput(output) : output
}
