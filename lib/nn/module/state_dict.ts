/**
 * Copying a state dict into a module: all of it or nothing.
 */
import { typeError } from '../../check'
import { noGrad } from '../../modes'
import { type Tensor, isTensor } from '../../tensor'
import type { Module } from './module'

export function loadInto(
  module: Module,
  state: Record<string, Tensor>,
  strict: boolean
): { missingKeys: string[]; unexpectedKeys: string[] } {
  if (typeof state !== 'object' || state === null || isTensor(state)) {
    throw typeError(
      'state',
      'an object of tensors by name',
      state,
      'pass the result of stateDict()'
    )
  }
  const own = module.stateDict()
  const missingKeys = Object.keys(own).filter((name) => !Object.hasOwn(state, name))
  const unexpectedKeys = Object.keys(state).filter((name) => !Object.hasOwn(own, name))
  const problems: string[] = []
  if (strict && missingKeys.length > 0) problems.push(`missing: ${missingKeys.join(', ')}`)
  if (strict && unexpectedKeys.length > 0) problems.push(`unexpected: ${unexpectedKeys.join(', ')}`)
  const copies: [Tensor, Tensor][] = []
  for (const [name, target] of Object.entries(own)) {
    if (!Object.hasOwn(state, name)) continue
    const source = state[name]
    if (!isTensor(source)) throw typeError(`state['${name}']`, 'a Tensor', source)
    const [from, to] = [source.shape.join(', '), target.shape.join(', ')]
    if (from !== to) problems.push(`${name}: expected shape [${to}], got [${from}]`)
    copies.push([target, source])
  }
  if (problems.length > 0) {
    throw new Error(
      `loadStateDict: the state does not fit ${module.constructor.name}: ${problems.join('; ')}; ` +
        'pass { strict: false } to ignore names'
    )
  }
  noGrad(() => {
    for (const [target, source] of copies) target.copy_(source)
  })
  return { missingKeys, unexpectedKeys }
}
