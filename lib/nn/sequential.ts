/**
 * Containers of modules.
 */
import { typeError } from '../check'
import type { Tensor } from '../tensor'
import { Module } from './module'
import { isPlain, NativeModule } from './native_module'

/**
 * Modules that run one after the other, each on the output of the one before. Their names are
 * `'0'`, `'1'`, and so on.
 * @throws TypeError for anything that is not a module
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential extends Module {
  [index: number]: Module
  #links: Module[] = []
  #chain: ((input: Tensor) => Tensor) | null = null

  constructor(...modules: Module[]) {
    super()
    for (const [i, module] of modules.entries()) {
      if (!(module instanceof Module)) throw typeError(`modules[${i}]`, 'an nn.Module', module)
      this[i] = module
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: what the first module takes and the last one gives
  override forward(...inputs: any[]): any {
    const chain = inputs.length === 1 ? this.#chained() : null
    if (chain) return chain(inputs[0])
    if (!this[0]) return inputs[0]
    let output = this[0](...inputs)
    for (let i = 1; this[i]; i++) output = (this[i] as Module)(output)
    return output
  }

  /** The modules as one C++ call where that is the same; made anew when one was exchanged. */
  #chained(): ((input: Tensor) => Tensor) | null {
    let length = 0
    let isSame = true
    for (; this[length]; length++) {
      const module = this[length] as Module
      isSame = isSame && module === this.#links[length] && (this.#chain === null || isPlain(module))
    }
    if (!isSame || length !== this.#links.length) {
      this.#links = Array.from({ length }, (_, i) => this[i] as Module)
      this.#chain = length > 1 ? NativeModule.chain(this.#links) : null
    }
    return this.#chain
  }

  /** Number of modules. */
  get size(): number {
    return this.children().length
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.children()[Symbol.iterator]()
  }
}
