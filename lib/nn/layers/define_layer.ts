/**
 * Layers that are one function of one tensor and a few options: what most activations are. Their
 * constructors are called as in Python: options by position in PyTorch's order, then by name in a
 * trailing object.
 */
import { boolean, finite, integer, oneOf, probability as checkProbability } from '../../check'
import { snakeCase } from '../../names'
import type { Tensor } from '../../tensor'
import { type Mixed, placeArguments } from '../define'
import { Module } from '../module'
import { markPlain, NativeModule } from '../native_module'
import { isBefore } from '../version'
import { orNone, python, pythonFloat } from '../../python_text'

/** What an option may be, and how it is printed between a layer's parentheses: null for not at all. */
export interface Kind<T> {
  check(name: string, value: unknown): T
  print(name: string, value: T): string | null
}

const named = (name: string, text: string) => `${snakeCase(name)}=${text}`

/** A finite number. */
export const real: Kind<number> = {
  check: (name, value) => finite(name, value),
  print: (name, value) => named(name, pythonFloat(value))
}

/** A finite number that PyTorch printed as a whole one, where it is one, until 2.2. */
export const onceWholeReal: Kind<number> = {
  check: real.check,
  print: (name, value) =>
    Number.isInteger(value) && isBefore(2, 2) ? named(name, `${value}`) : real.print(name, value)
}

/** A finite number that is printed without its name. */
export const bareReal: Kind<number> = {
  check: real.check,
  print: (_, value) => pythonFloat(value)
}

/** A whole number from 0 that is printed without its name. */
export const bareSize: Kind<number> = {
  check: (name, value) => integer(name, value),
  print: (_, value) => String(value)
}

/** A probability from 0 to 1. */
export const probability: Kind<number> = {
  check: checkProbability,
  print: real.print
}

/** A dimension; negative ones count from the last. */
export const dimension: Kind<number> = {
  check: (name, value) => integer(name, value, Number.MIN_SAFE_INTEGER),
  print: (name, value) => named(name, String(value))
}

/** A dimension, or null for the one that Python takes by the input's dimensions. */
export const optionalDimension: Kind<number | null> = {
  check: (name, value) => (value === null ? value : dimension.check(name, value)),
  print: (name, value) => named(name, orNone(value, String))
}

/** true or false. */
export const flag: Kind<boolean> = {
  check: boolean,
  print: (name, value) => named(name, python(value))
}

/** `flag` that is printed where it is true. */
export const inplace: Kind<boolean> = {
  check: boolean,
  print: (name, value) => (value ? flag.print(name, value) : null)
}

/** `flag` that is never printed. */
export const hiddenInplace: Kind<boolean> = { check: boolean, print: () => null }

/** One of a few texts. */
export function choice<T extends string>(...choices: T[]): Kind<T> {
  return {
    check: (name, value) => oneOf(name, value, choices),
    print: (name, value) => named(name, `'${value}'`)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: options of whatever kinds
export type Kinds = Record<string, Kind<any>>
export type Values<K extends Kinds> = {
  -readonly [N in keyof K]: K[N] extends Kind<infer T> ? T : never
}
export type Defaults = (...given: never[]) => unknown[]
export type Layer<K extends Kinds> = Module & Values<K> & { forward(input: Tensor): Tensor }

/** A class whose constructor takes the parameters of `D`, by position or by name. */
export interface LayerClass<K extends Kinds, D extends Defaults> {
  new (...options: Parameters<D>): Layer<K>
  new (...options: keyof K extends never ? [] : Mixed<Parameters<D>, Partial<Values<K>>>): Layer<K>
}

/** The values of the options, given ones checked and the others by default. */
function optionsOf(
  name: string,
  kinds: Kinds,
  defaults: Defaults,
  args: unknown[]
): Record<string, unknown> {
  const names = Object.keys(kinds)
  placeArguments(name, names, args)
  const values = defaults(...(args as never[]))
  return Object.fromEntries(names.map((key, i) => [key, kinds[key]!.check(key, values[i])]))
}

function printed(kinds: Kinds, values: object): string {
  const texts = Object.entries(kinds).map(([name, kind]) =>
    kind.print(name, (values as Record<string, unknown>)[name])
  )
  return texts.filter((text) => text !== null).join(', ')
}

/**
 * A layer whose forward is `compute`.
 * @param kinds what its options may be, in PyTorch's order; each is a property of the layer
 * @param defaults gives the list of options, those that are not given by default
 */
export function defineLayer<K extends Kinds, D extends Defaults>(
  kinds: K,
  defaults: D,
  compute: (input: Tensor, layer: Values<K> & { training: boolean }) => Tensor
): LayerClass<K, D> {
  class FunctionLayer extends Module {
    constructor(...args: unknown[]) {
      super()
      Object.assign(this, optionsOf(new.target.name, kinds, defaults, args))
    }

    override forward(input: Tensor): Tensor {
      return compute(input, this as unknown as Values<K> & { training: boolean })
    }

    override extraRepr(): string {
      return printed(kinds, this)
    }
  }
  return FunctionLayer as unknown as LayerClass<K, D>
}

/** As defineLayer, for a class of libtorch's own: the row `name` of native/module_table.cc. */
export function defineNativeLayer<K extends Kinds, D extends Defaults>(
  name: string,
  kinds: K,
  defaults: D
): LayerClass<K, D> {
  class NativeLayer extends NativeModule {
    constructor(...args: unknown[]) {
      super(name, [], optionsOf(new.target.name, kinds, defaults, args))
      this.defineOptions(kinds)
    }

    override forward(input: Tensor): Tensor {
      return this.run(input)
    }

    override extraRepr(): string {
      return printed(kinds, this)
    }
  }
  markPlain(NativeLayer)
  return NativeLayer as unknown as LayerClass<K, D>
}
