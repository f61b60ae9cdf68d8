/**
 * What a module exports, by its path: functions cannot be sent to a worker, but paths can.
 */
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { options as checkOptions, typeError } from '../check'
import { isPlain } from '../plain'

export interface ModuleReference {
  /** Its path, from the current folder on, or its file URL. */
  module: string | URL
  /** Which of its exports. Default `'default'`; of a CommonJS module, `module.exports`. */
  name?: string
  /** For a dataset: what the export, a function, is called with. Plain data and tensors. */
  args?: readonly unknown[]
}

/** As it is sent to a worker. */
export interface ModulePlace {
  file: string
  name: string
}

export function isReference(value: unknown): value is ModuleReference {
  return typeof value === 'object' && value !== null && isPlain(value) && 'module' in value
}

/** A checked reference. `known`: the options that it may have. */
export function placeOf(name: string, value: unknown, known: readonly string[]): ModulePlace {
  const given = checkOptions<ModuleReference>(name, value, known)
  const { module, name: exported = 'default' } = given
  if (typeof module !== 'string' && !(module instanceof URL))
    throw typeError(`${name}.module`, "a module's path or file URL", module)
  if (typeof exported !== 'string')
    throw typeError(`${name}.name`, 'the name of an export', exported)
  if (given.args !== undefined && !Array.isArray(given.args))
    throw typeError(`${name}.args`, 'an array of arguments', given.args)
  const isUrl = module instanceof URL || module.startsWith('file:')
  return { file: isUrl ? fileURLToPath(module) : resolve(module), name: exported }
}

/** The function that is meant. */
export async function loadFunction({ file, name }: ModulePlace): Promise<Function> {
  const made: Record<string, unknown> = await import(pathToFileURL(file).href)
  // Of a CommonJS module, `default` is module.exports; compiled ES modules have another in there.
  const inner = made.default as Record<string, unknown> | undefined
  const found = [made[name], inner?.[name]].find((value) => typeof value === 'function')
  if (!found) throw typeError(`${file}: export '${name}'`, 'a function', made[name], 'export one')
  return found as Function
}

/** What makes a dataset: a class is constructed, a function called. */
export async function loadDataset(place: ModulePlace, args: readonly unknown[]): Promise<unknown> {
  const maker = await loadFunction(place)
  const isClass = /^class\b/.test(Function.prototype.toString.call(maker))
  return isClass ? Reflect.construct(maker, args) : maker(...args)
}
