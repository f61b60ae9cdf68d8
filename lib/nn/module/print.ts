/**
 * Modules as text, as Python prints them.
 */
import { isBefore } from '../version'
import { absentChildren, childrenOf } from './members'
import type { Module } from './module'

function indent(text: string): string {
  return text.replaceAll('\n', '\n  ')
}

/** `Name(extra)`, or a line for each part. */
export function printed(module: Module): string {
  const extra = module.extraRepr()
  const parts = [
    ...childrenOf(module).map(([name, child]) => `(${name}): ${indent(String(child))}`),
    ...absentChildren(module).map((name) => `(${name}): None`)
  ]
  return lines(module, extra === '' ? [] : extra.split('\n'), parts)
}

function lines(module: Module, extra: string[], parts: string[]): string {
  const name = module.constructor.name
  if (parts.length === 0 && extra.length <= 1) return `${name}(${extra.join('')})`
  return `${name}(\n  ${[...extra, ...parts].join('\n  ')}\n)`
}

/** As `printed`, but equal neighbours share a line: `(0-2): 3 x ReLU()`. PyTorch 2.0 on. */
export function printedList(module: Module): string {
  if (isBefore(2, 0)) return printed(module)
  const runs: { first: number; last: number; text: string }[] = []
  for (const [i, [, child]] of childrenOf(module).entries()) {
    const text = String(child)
    const run = runs.at(-1)
    if (run?.text === text) run.last = i
    else runs.push({ first: i, last: i, text })
  }
  const parts = runs.map(({ first, last, text }) => {
    const count = last - first + 1
    const line = count === 1 ? `(${first}): ${text}` : `(${first}-${last}): ${count} x ${text}`
    return indent(line)
  })
  return lines(module, [], parts)
}
