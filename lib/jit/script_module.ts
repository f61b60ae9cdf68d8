/**
 * TorchScript modules: programs that Python or `jit.trace` wrote, run by libtorch's interpreter.
 */
import { types } from 'node:util'

import { boolean, typeError } from '../check'
import { native } from '../native'
import { Module } from '../nn/module'
import { markParameter } from '../nn/parameter'
import { type Tensor, isTensor, tensorArgument } from '../tensor'
import type { Opaque } from '../values'
import { replaceFile } from '../atomic_file'

/** Dicts with names for keys come as Maps and go as plain objects. */
export function asArgument(value: unknown): unknown {
  return types.isMap(value) ? Object.fromEntries(value) : value
}

/**
 * A module whose methods are TorchScript. Made by `jit.load` and `jit.trace`. Its parameters,
 * buffers and submodules have Python's names and are libtorch's own: training them trains what
 * `save` writes.
 *
 * Arguments are what operators take: tensors, numbers, strings, arrays for lists and tuples, plain
 * objects or Maps for dicts with names; a trailing plain object holds arguments by name. Results: arrays for lists and
 * tuples, Maps for dicts.
 * Source: https://pytorch.org/docs/stable/generated/torch.jit.ScriptModule.html
 */
export class ScriptModule extends Module {
  readonly #handle: Opaque
  /** The name of the class in Python. */
  readonly originalName: string

  /** @internal */
  constructor(handle: Opaque) {
    super()
    const { className, parameters, buffers, children } = native.scriptModuleParts(handle)
    this.#handle = handle
    this.originalName = className
    Object.defineProperty(this, 'originalName', { enumerable: false })
    for (const name of [...parameters, ...buffers, ...children.map(([child]) => child)]) {
      if (name in this) {
        throw new Error(
          `ScriptModule: ${className} has a part '${name}', which is the name of something else ` +
            'of an nn.Module here; rename it in Python'
        )
      }
    }
    for (const name of parameters) this.#defineTensor(name, markParameter)
    for (const name of buffers) {
      this.registerBuffer(name, native.scriptModuleGet(handle, name) as Tensor)
      this.#defineTensor(name, (tensor) => tensor)
    }
    for (const [name, child] of children) {
      Object.defineProperty(this, name, {
        value: new ScriptModule(child),
        enumerable: true,
        configurable: true
      })
    }
    this.training = (native.scriptModuleGet(handle, 'training') as boolean | undefined) ?? true
  }

  /** An own property that reads and writes the C++ module, whose methods may replace the tensor. */
  #defineTensor(name: string, mark: (tensor: Tensor) => Tensor): void {
    Object.defineProperty(this, name, {
      enumerable: true,
      configurable: true,
      get: () => {
        const tensor = native.scriptModuleGet(this.#handle, name)
        return isTensor(tensor) ? mark(tensor) : tensor
      },
      set: (value: unknown) => {
        native.scriptModuleSet(this.#handle, name, mark(tensorArgument(name, value)))
      }
    })
  }

  /**
   * Runs the method `forward`.
   * @throws TypeError for arguments that it does not take; Error for what its program raises
   */
  // biome-ignore lint/suspicious/noExplicitAny: the program decides
  override forward(...args: any[]): any {
    return native.runScriptMethod(this.#handle, 'forward', args.map(asArgument))
  }

  /** Names of the methods: `forward`, and those that Python exported. */
  methodNames(): string[] {
    return native.scriptModuleParts(this.#handle).methods
  }

  /**
   * Runs the method `name`.
   * @throws TypeError where there is no such method, or for arguments that it does not take
   */
  // biome-ignore lint/suspicious/noExplicitAny: the program decides
  runMethod(name: string, ...args: any[]): any {
    if (typeof name !== 'string') throw typeError('name', 'the name of a method', name)
    return native.runScriptMethod(this.#handle, name, args.map(asArgument))
  }

  /**
   * The attribute `name`: a value of the Python object that is no parameter, buffer or module.
   * @throws TypeError where there is none
   */
  getAttribute(name: string): unknown {
    const value = typeof name === 'string' ? native.scriptModuleGet(this.#handle, name) : undefined
    if (value === undefined)
      throw typeError('name', `the name of an attribute of ${this.originalName}`, name)
    return value
  }

  /**
   * Sets the attribute `name`.
   * @throws TypeError where there is none, or for a value of another type
   */
  setAttribute(name: string, value: unknown): void {
    this.getAttribute(name)
    native.scriptModuleSet(this.#handle, name, value)
  }

  override train(mode = true): this {
    boolean('mode', mode)
    if (native.scriptModuleGet(this.#handle, 'training') !== undefined)
      native.scriptModuleSet(this.#handle, 'training', mode)
    return super.train(mode)
  }

  /**
   * Writes the module for `jit.load` here and `torch.jit.load` in Python: as a whole or, where that
   * fails, not at all.
   * @throws Error of Node's where the folder is missing or may not be written to
   */
  save(path: string): void {
    if (typeof path !== 'string' || path === '') throw typeError('path', 'the path of a file', path)
    replaceFile(path, (_, temporary) => native.saveScriptModule(this.#handle, temporary))
  }

  override extraRepr(): string {
    return `original_name=${this.originalName}`
  }
}
