/**
 * What all factories of tensors share.
 */
import { boolean, options as checkOptions } from './check'
import { type TensorOptions, optionNames, sizes } from './data'
import { type DType, dtypeCode } from './dtype'
import type { Generator } from './generator'
import { native } from './native'
import type { Tensor } from './tensor'

export interface RandomOptions extends TensorOptions {
  /** Draws instead of the default one. */
  generator?: Generator
}

type Operator = (...args: unknown[]) => Tensor

/** The operator by which libtorch makes them. */
export function factory(name: string): Operator {
  return native.operator(`aten::${name}`, false) as Operator
}

/** Calls a factory operator with its keyword arguments, then sets requiresGrad. */
export function build(
  operator: Operator,
  args: unknown[],
  options: RandomOptions | undefined,
  byDefault?: DType,
  names = optionNames
): Tensor {
  const given = checkOptions<RandomOptions>('options', options, names)
  const dtype = given.dtype ?? byDefault
  if (dtype !== undefined) dtypeCode(dtype)
  const device = given.device === undefined ? undefined : native.resolveDevice(given.device)
  const requiresGrad =
    given.requiresGrad !== undefined && boolean('requiresGrad', given.requiresGrad)
  const { generator } = given
  const made = operator(
    ...args,
    generator === undefined ? { dtype, device } : { dtype, device, generator }
  )
  return requiresGrad ? made.requiresGrad_() : made
}

/** `(2, 3, options)` or `([2, 3], options)` -> sizes and options. */
function splitSizes(args: readonly unknown[]): [number[], TensorOptions | undefined] {
  const last = args[args.length - 1]
  const hasOptions = typeof last === 'object' && last !== null && !Array.isArray(last)
  const given = hasOptions ? args.slice(0, -1) : args
  return [sizes('size', given), hasOptions ? (last as TensorOptions) : undefined]
}

/** A factory called with sizes: `zeros(2, 3)`, `zeros([2, 3], { dtype: 'float64' })`. */
export interface SizedFactory<Options = TensorOptions> {
  (size: readonly number[], options?: Options): Tensor
  (...sizesAndOptions: (number | Options)[]): Tensor
}

/** `names`: the options that it takes. */
export function sized<Options = TensorOptions>(
  name: string,
  names = optionNames
): SizedFactory<Options> {
  const operator = factory(name)
  return (...args: unknown[]) => {
    const [size, options] = splitSizes(args)
    return build(operator, [size], options, 'float32', names)
  }
}
