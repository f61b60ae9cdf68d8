/**
 * The base of the optimizers: groups, options, and state in Python's layout. How a step is computed is
 * the matter of its two heirs, `NativeOptimizer` and `OperatorOptimizer`, and of LBFGS.
 * Source: https://pytorch.org/docs/stable/optim.html
 */
import { inspect } from 'node:util'

import { uses } from '../compile/tape'
import { boolean, callable, options as checkOptions, typeError } from '../check'
import { refuse } from '../compile/tape'
import { enableGrad, noGrad } from '../modes'
import { isTensor, type Tensor, tensorArgument } from '../tensor'
import {
  type CheckedGroup,
  checkedOptions,
  checkGroup,
  checkParameter,
  type GroupInput,
  groupInputs,
  isLive,
  makeGroup,
  type ParamGroup,
  setParameters
} from './groups'
import type { OptionTable } from './options'
import { python } from '../python_text'
import {
  checkLayout,
  copyFor,
  type Kept,
  type OptimizerState,
  packOptions,
  packState,
  type StateKind,
  unpackKept,
  unpackOptions
} from './state'

/** What an optimizer's class tells this base about itself. */
export interface OptimizerKind<Options> {
  /** Its class in Python. */
  name: string
  options: OptionTable<Options>
  /** Throws where options do not go together. */
  checkGroup?: (options: Required<Options>) => void
  /** What it keeps for a parameter, by Python's names. */
  state: Record<string, StateKind<Options>>
  /** Further keys of Python's `param_groups`. */
  pythonKeys: Record<string, unknown>
}

/** Makes what is kept of a parameter fit another one, see `replaceParameter`. */
export type MapState = (name: string, value: Tensor) => Tensor

export abstract class Optimizer<Options extends object> {
  readonly #kind: OptimizerKind<Options>
  readonly #groups: ParamGroup<Options>[] = []
  #version = 0
  /** The options of groups that have none of their own. */
  protected readonly defaults: Required<Options>

  /** The class's own fields are ready only after this: it then calls `addGroups`. */
  protected constructor(kind: OptimizerKind<Options>, options: Options | undefined) {
    this.#kind = kind
    this.defaults = checkedOptions(kind.name, kind.options, options)
  }

  protected addGroups(params: readonly Tensor[] | readonly GroupInput<Options>[]): void {
    for (const group of groupInputs(params)) this.addParamGroup(group)
  }

  /** A group was added whose index is the number of those before it. */
  protected abstract groupAdded(group: CheckedGroup<Options>): void
  /** A group's option was set. */
  protected optionSet(_index: number, _name: string, _value: unknown): void {}
  /** Updates the parameters. */
  protected abstract update(): void
  /** What is kept, by parameter. */
  protected abstract readState(): Map<Tensor, Kept>
  /** Makes `kept`, for the groups as they are now, all that is kept. */
  protected abstract writeState(kept: ReadonlyMap<Tensor, Kept>): void

  /**
   * Another number whenever a recorded step no longer holds: when parameters or what is kept for them
   * were added, exchanged or taken away, or an option was set that the step does not read anew. It does
   * read lr, momentum, betas and weightDecay anew.
   */
  get version(): number {
    return this.#version
  }

  /** Counts `version` up. */
  protected changed(): void {
    this.#version += 1
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
    refuseChange('addParamGroup')
    const checked = checkGroup(group, this.#kind.options, this.defaults, this.#parameters())
    this.#kind.checkGroup?.(checked.options)
    this.groupAdded(checked)
    const index = this.#groups.length
    this.#groups.push(
      makeGroup(checked, this.#kind.options, (name, value) => {
        if (!isLive(name)) this.changed()
        this.optionSet(index, name, value)
      })
    )
    this.changed()
  }

  #parameters(): Set<Tensor> {
    return new Set(this.#groups.flatMap(({ params }) => params))
  }

  /**
   * One update of all parameters that have a gradient.
   * @param closure computes the loss anew and calls backward(); its result is returned
   */
  step(): undefined
  step<T>(closure: () => T): T
  step<T>(closure?: () => T): T | undefined {
    const loss = closure === undefined ? undefined : enableGrad(callable('closure', closure))
    uses(this)
    this.update()
    return loss
  }

  /** Clears the gradients: to null, or to zeros with `{ setToNone: false }`. */
  zeroGrad(options?: { setToNone?: boolean }): void {
    if (options === undefined) {
      this.clearGradients(true)
    } else {
      const { setToNone = true } = checkOptions<{ setToNone?: boolean }>('zeroGrad', options, [
        'setToNone'
      ])
      this.clearGradients(boolean('setToNone', setToNone))
    }
  }

  protected clearGradients(setToNone: boolean): void {
    for (const parameter of this.#groups.flatMap(({ params }) => params)) {
      if (setToNone) parameter.grad = null
      else if (parameter.grad !== null) noGrad(() => clear(parameter.grad as Tensor))
    }
  }

  /**
   * Options and state in Python's layout: `{ state: { 0: {...} }, param_groups: [{...}] }`. The tensors
   * are those that the optimizer goes on with, no copies.
   */
  stateDict(): OptimizerState {
    refuse('Optimizer.stateDict()', 'call it between two steps')
    const { options, pythonKeys } = this.#kind
    return packState(this.#groups, options, pythonKeys, this.readState())
  }

  /**
   * Takes over options and state of a `stateDict()`, or of one that Python saved. Tensors are copied to
   * the device and the dtype of their parameter, as in Python.
   * @throws TypeError where groups or shapes do not fit, RangeError for an option out of range; nothing
   * is changed then
   */
  loadStateDict(state: OptimizerState): void {
    refuseChange('loadStateDict')
    checkLayout(state, this.#groups)
    const kept = new Map<Tensor, Kept>()
    const changes = this.#groups.map((group, i) => {
      const saved = state.param_groups[i] as OptimizerState['param_groups'][number]
      const options = unpackOptions(saved, this.#kind.options)
      const merged = { ...group, ...options }
      this.#kind.checkGroup?.(merged)
      for (const [j, parameter] of group.params.entries()) {
        const its = state.state[String(saved.params[j])]
        if (its) kept.set(parameter, this.unpack(parameter, its, merged))
      }
      return options
    })
    // What the state says nothing about starts anew, as in Python.
    this.writeState(kept)
    for (const [i, group] of this.#groups.entries()) Object.assign(group, changes[i])
    this.changed()
  }

  /** What was saved for a parameter, checked and copied. */
  protected unpack(parameter: Tensor, saved: Kept, options: Required<Options>): Kept {
    return unpackKept(parameter, saved, this.#kind.state, options)
  }

  /**
   * Puts `replacement` in the place of a parameter, for models that grow or shrink in training: same
   * group, same number. What was kept for the old one is kept for the new one; `mapState(name, value)`,
   * called without recording for every kept tensor of the parameter's shape (`exp_avg`,
   * `momentum_buffer`, ...), gives the tensor of the new shape. Counters stay.
   *
   * ```ts
   * optimizer.replaceParameter(old, wider, (name, kept) => torch.cat([kept, kept.slice(0, 0, 2)]))
   * ```
   * @param mapState not needed where the shapes are equal
   * @throws TypeError for a parameter that is in no group, a replacement that is no leaf or is in a group
   * already, or a mapped tensor that is not of the replacement's shape; nothing is changed then
   */
  replaceParameter(parameter: Tensor, replacement: Tensor, mapState?: MapState): void {
    refuseChange('replaceParameter')
    const group = this.#groupOf('parameter', parameter)
    checkParameter('replacement', replacement, this.#parameters())
    if (mapState !== undefined) callable('mapState', mapState)
    const kept = this.readState()
    const its = kept.get(parameter)
    kept.delete(parameter)
    if (its) kept.set(replacement, this.mapKept(its, replacement, mapState))
    setParameters(
      group,
      group.params.map((old) => (old === parameter ? replacement : old))
    )
    this.writeState(kept)
    this.changed()
  }

  protected mapKept(kept: Kept, replacement: Tensor, mapState?: MapState): Kept {
    const entries = Object.entries(kept).map(([name, value]) => {
      if (this.#kind.state[name]?.shape !== 'parameter' || !isTensor(value)) return [name, value]
      const mapped = mapState ? noGrad(() => mapState(name, value)) : value
      if (!isTensor(mapped) || String(mapped.shape) !== String(replacement.shape)) {
        throw typeError(
          `mapState('${name}')`,
          `a tensor of shape [${replacement.shape}]`,
          isTensor(mapped) ? `one of shape [${mapped.shape}]` : mapped,
          'give a mapState that makes what is kept fit the replacement'
        )
      }
      return [name, copyFor(replacement, mapped)]
    })
    return Object.fromEntries(entries) as Kept
  }

  /**
   * Takes a parameter, and what is kept for it, out of its group. The group stays, even if empty.
   * @throws TypeError for a parameter that is in no group
   */
  removeParameter(parameter: Tensor): void {
    refuseChange('removeParameter')
    const group = this.#groupOf('parameter', parameter)
    const kept = this.readState()
    kept.delete(parameter)
    setParameters(
      group,
      group.params.filter((other) => other !== parameter)
    )
    this.writeState(kept)
    this.changed()
  }

  #groupOf(name: string, value: unknown): ParamGroup<Options> {
    const parameter = tensorArgument(name, value)
    const group = this.#groups.find(({ params }) => params.includes(parameter))
    if (!group) {
      throw new TypeError(
        `${name}: expected a parameter of this optimizer, got one that is in no group; see paramGroups`
      )
    }
    return group
  }

  /** As Python prints it. */
  toString(): string {
    const { name, options, pythonKeys } = this.#kind
    const groups = this.#groups.map((group, i) => {
      const packed = Object.entries(packOptions(group, options, pythonKeys))
      const lines = packed.map(([key, value]) => `    ${key}: ${python(value)}`).sort()
      return `Parameter Group ${i}\n${lines.join('\n')}\n`
    })
    return `${name} (\n${groups.join('\n')})`
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

function refuseChange(method: string): void {
  refuse(`Optimizer.${method}()`, 'change the optimizer between two steps')
}

/** As Python does: the same tensor, taken out of a graph made with createGraph. */
function clear(grad: Tensor): void {
  if (grad.gradFn !== null) grad.detach_()
  else grad.requiresGrad = false
  grad.zero_()
}
