/**
 * The base of the optimizers, all of which are libtorch's own classes (native/optimizer_table.cc).
 * Source: https://pytorch.org/docs/stable/optim.html
 */
import { boolean, callable, options as checkOptions, rangeError, typeError } from '../check'
import { enableGrad } from '../modes'
import { type NativeOptimizer, native } from '../native'
import { type Tensor, isTensor, tensorArgument } from '../tensor'
import { type OptimizerState, loadState, readState } from './state'

/** How an option is checked: returns its value or throws. */
export type OptionCheck = (name: string, value: unknown) => number | boolean

/** Parameters with options of their own; what is left out is taken from the optimizer's. */
export type GroupInput<Options> = { params: readonly Tensor[] } & Partial<Options>

/** A group of an optimizer. Its options can be read and set at any time. */
export type ParamGroup<Options> = { readonly params: readonly Tensor[] } & Required<Options>

/** What an optimizer's class tells this base about itself. */
export interface OptimizerKind<Options> {
  /** The row in native/optimizer_table.cc. */
  name: string
  checks: Record<keyof Options & string, OptionCheck>
  /** Throws where options do not go together. */
  checkGroup(options: Required<Options>): void
  /** Names of the tensors that it keeps for a parameter, as Python spells them. */
  state: readonly string[]
}

export abstract class Optimizer<Options extends object> {
  readonly #native: NativeOptimizer
  readonly #kind: OptimizerKind<Options>
  readonly #defaults: Required<Options>
  readonly #groups: ParamGroup<Options>[] = []

  constructor(
    kind: OptimizerKind<Options>,
    params: readonly Tensor[] | readonly GroupInput<Options>[],
    defaults: Required<Options>
  ) {
    this.#kind = kind
    this.#defaults = defaults
    this.#native = native.createOptimizer(kind.name)
    if (!Array.isArray(params))
      throw typeError(
        'params',
        'an array of tensors or of groups',
        params,
        'pass model.parameters()'
      )
    if (params.length === 0)
      throw rangeError('params', 'at least one parameter', params, 'pass model.parameters()')
    const groups = isGroups<Options>(params)
      ? params
      : [{ params } as unknown as GroupInput<Options>]
    for (const group of groups) this.addParamGroup(group)
  }

  /** The groups, in the order in which they were added. */
  get paramGroups(): readonly ParamGroup<Options>[] {
    return this.#groups
  }

  /**
   * Adds parameters with options of their own.
   * @throws TypeError for what is no leaf tensor or is in a group already; RangeError for an empty
   * group or an option out of range
   */
  addParamGroup(group: GroupInput<Options>): void {
    if (typeof group !== 'object' || group === null || isTensor(group))
      throw typeError('group', 'an object { params, ... }', group)
    const names = Object.keys(this.#kind.checks) as (keyof Options & string)[]
    checkOptions('group', group, ['params', ...names])
    const params = checkParams(
      group.params,
      this.#groups.flatMap(({ params }) => params)
    )
    const values = { ...this.#defaults }
    for (const name of names) {
      const given = (group as Partial<Options>)[name]
      if (given !== undefined) values[name] = this.#kind.checks[name](name, given) as never
    }
    this.#kind.checkGroup(values)
    this.#native.addGroup(params)
    const made = this.#makeGroup(this.#groups.length, params)
    for (const name of names) made[name] = values[name] as never
    this.#groups.push(made)
  }

  /** A group's options live in the C++ object: each is an accessor that checks what is set. */
  #makeGroup(index: number, params: readonly Tensor[]): ParamGroup<Options> {
    const group = { params } as ParamGroup<Options>
    for (const [name, check] of Object.entries<OptionCheck>(this.#kind.checks)) {
      Object.defineProperty(group, name, {
        enumerable: true,
        get: () => this.#native.getOption(index, name),
        set: (value: unknown) => this.#native.setOption(index, name, check(name, value))
      })
    }
    return group
  }

  /**
   * One update of all parameters that have a gradient.
   * @param closure computes the loss anew and calls backward(); its result is returned
   */
  step(): undefined
  step<T>(closure: () => T): T
  step<T>(closure?: () => T): T | undefined {
    const loss = closure === undefined ? undefined : enableGrad(callable('closure', closure))
    this.#native.step()
    return loss
  }

  /** Clears the gradients: to null, or to zeros with `{ setToNone: false }`. */
  zeroGrad(options?: { setToNone?: boolean }): void {
    if (options === undefined) {
      this.#native.zeroGrad(true)
    } else {
      const { setToNone = true } = checkOptions<{ setToNone?: boolean }>('zeroGrad', options, [
        'setToNone'
      ])
      this.#native.zeroGrad(boolean('setToNone', setToNone))
    }
  }

  /** Options and state in Python's layout: `{ state: { 0: {...} }, param_groups: [{...}] }`. */
  stateDict(): OptimizerState {
    return readState(this.#native, this.#kind.state, this.#groups)
  }

  /**
   * Takes over options and state of a `stateDict()`, or of one that Python saved.
   * @throws TypeError where groups or shapes do not fit; nothing is changed then
   */
  loadStateDict(state: OptimizerState): void {
    loadState(this.#native, this.#kind.state, this.#groups, this.#kind.checks, state)
  }

  toString(): string {
    const lines = this.#groups.map((group, i) => {
      const options = Object.keys(this.#kind.checks).sort()
      const shown = options.map(
        (name) => `    ${name}: ${String((group as Record<string, unknown>)[name])}`
      )
      return `Parameter Group ${i}\n${shown.join('\n')}`
    })
    return `${this.#kind.name} (\n${lines.join('\n\n')}\n)`
  }
}

function isGroups<Options>(params: readonly unknown[]): params is readonly GroupInput<Options>[] {
  const [first] = params
  return typeof first === 'object' && first !== null && !isTensor(first)
}

function checkParams(params: unknown, taken: readonly Tensor[]): Tensor[] {
  if (!Array.isArray(params))
    throw typeError('params', 'an array of tensors', params, 'pass model.parameters()')
  if (params.length === 0)
    throw rangeError('params', 'at least one parameter', params, 'pass model.parameters()')
  const seen = new Set(taken)
  return params.map((value, i) => {
    const name = `params[${i}]`
    const parameter = tensorArgument(name, value)
    if (!parameter.isLeaf)
      throw typeError(
        name,
        'a leaf tensor',
        parameter.gradFn,
        'optimise the tensors it was computed from'
      )
    if (seen.has(parameter)) {
      throw new TypeError(
        `${name}: expected each parameter once, got one that is in a group already; give it to one group only`
      )
    }
    seen.add(parameter)
    return parameter
  })
}
