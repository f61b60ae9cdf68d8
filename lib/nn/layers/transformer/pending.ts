/**
 * What transformers are made of.
 */
import { Module } from '../../module'
import { isBefore } from '../../version'

/** Modules in a list: their names are `'0'`, `'1'`, and so on. */
export class ModuleList extends Module {
  [index: number]: Module

  constructor(modules: readonly Module[] = []) {
    super()
    for (const [i, module] of modules.entries()) this[i] = module
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.children()[Symbol.iterator]()
  }

  /** As Python prints it, from 2.0 on neighbours of the same text once. */
  override toString(): string {
    if (isBefore(2, 0)) return super.toString()
    const blocks: { text: string; from: number; to: number }[] = []
    for (const [i, child] of this.children().entries()) {
      const text = String(child).replaceAll('\n', '\n  ')
      const last = blocks.at(-1)
      if (last?.text === text) last.to = i
      else blocks.push({ text, from: i, to: i })
    }
    const lines = blocks.map(({ text, from, to }) =>
      from === to ? `(${from}): ${text}` : `(${from}-${to}): ${to - from + 1} x ${text}`
    )
    return lines.length === 0 ? 'ModuleList()' : `ModuleList(\n  ${lines.join('\n  ')}\n)`
  }
}
