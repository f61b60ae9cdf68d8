/**
 * The base of the optimizers that are libtorch's own classes (native/optimizer_table.cc).
 */
import { branch, isRecording } from '../compile/tape'
import { type NativeOptimizer as Handle, native } from '../native'
import { isTensor, type Tensor } from '../tensor'
import type { CheckedGroup, GroupInput } from './groups'
import { Optimizer, type OptimizerKind } from './optimizer'
import type { Kept } from './state'

export abstract class NativeOptimizer<Options extends object> extends Optimizer<Options> {
  readonly #kind: OptimizerKind<Options>
  #native: Handle

  /** @param kind its name is the row in native/optimizer_table.cc */
  constructor(
    kind: OptimizerKind<Options>,
    params: readonly Tensor[] | readonly GroupInput<Options>[],
    options: Options | undefined
  ) {
    super(kind, options)
    this.#kind = kind
    this.#native = native.createOptimizer(kind.name)
    this.addGroups(params)
  }

  protected override groupAdded({ params, options }: CheckedGroup<Options>): void {
    this.#addGroup(this.#native, this.paramGroups.length, params, options)
  }

  #addGroup(
    handle: Handle,
    index: number,
    params: readonly Tensor[],
    options: Required<Options>
  ): void {
    handle.addGroup(params)
    for (const name of Object.keys(this.#kind.options)) {
      handle.setOption(index, name, options[name as keyof Options] as number | boolean)
    }
  }

  protected override optionSet(index: number, name: string, value: unknown): void {
    if (name in this.#kind.options) this.#native.setOption(index, name, value as number | boolean)
  }

  /** The same step by operators, for recording: libtorch's own reads its options where it is called. */
  protected abstract updateByOperators(): void

  protected override update(): void {
    if (!isRecording()) {
      this.#native.step()
      return
    }
    // Before what is kept is made: a step that makes some is not one to replay.
    branch(() => this.version)
    this.updateByOperators()
  }

  /** The tensor that is kept under `name`, not a copy; null before the first step. */
  protected kept(parameter: Tensor, name: string): Tensor | null {
    return this.#native.getState(parameter, name)
  }

  /** Keeps a copy of `value` and gives that. */
  protected keep(parameter: Tensor, name: string, value: Tensor): Tensor {
    this.#native.setState(parameter, name, value)
    this.changed()
    return this.#native.getState(parameter, name) as Tensor
  }

  protected override clearGradients(setToNone: boolean): void {
    this.#native.zeroGrad(setToNone)
  }

  protected override readState(): Map<Tensor, Kept> {
    const result = new Map<Tensor, Kept>()
    for (const parameter of this.paramGroups.flatMap(({ params }) => params)) {
      const kept: Kept = {}
      for (const name of Object.keys(this.#kind.state)) {
        const value = this.#native.getState(parameter, name)
        if (value) kept[name] = value
      }
      if (Object.keys(kept).length > 0) result.set(parameter, kept)
    }
    return result
  }

  /** libtorch's class cannot exchange its parameters: a new object takes its place. */
  protected override writeState(kept: ReadonlyMap<Tensor, Kept>): void {
    const handle = native.createOptimizer(this.#kind.name)
    for (const [i, group] of this.paramGroups.entries()) {
      this.#addGroup(handle, i, group.params, group)
    }
    for (const [parameter, its] of kept) {
      for (const [name, value] of Object.entries(its)) {
        if (isTensor(value)) handle.setState(parameter, name, value)
      }
    }
    this.#native = handle
  }
}
