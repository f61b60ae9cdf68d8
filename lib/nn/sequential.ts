/**
 * Containers of modules.
 */
import { typeError } from '../check'
import { Module } from './module'

/**
 * Modules that run one after the other, each on the output of the one before. Their names are
 * `'0'`, `'1'`, and so on.
 * @throws TypeError for anything that is not a module
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential extends Module {
  [index: number]: Module

  constructor(...modules: Module[]) {
    super()
    for (const [i, module] of modules.entries()) {
      if (!(module instanceof Module)) throw typeError(`modules[${i}]`, 'an nn.Module', module)
      this[i] = module
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: what the first module takes and the last one gives
  override forward(...inputs: any[]): any {
    if (!this[0]) return inputs[0]
    let output = this[0](...inputs)
    for (let i = 1; this[i]; i++) output = (this[i] as Module)(output)
    return output
  }

  /** Number of modules. */
  get size(): number {
    return this.children().length
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.children()[Symbol.iterator]()
  }
}
