/**
 * Derivatives of functions, instead of those of a graph. All are built on backward, so each works
 * for whatever backward works for.
 * Source: https://pytorch.org/docs/stable/autograd.html#functional-higher-level-api
 */
import { boolean, callable, options as checkOptions, typeError } from '../check'
import { enableGrad, refusePromise } from '../modes'
import { stack } from '../operators/generated'
import { ops } from '../operators/ops'
import { type Tensor, isTensor } from '../tensor'
import { type Tensors, grad, tensorsArgument } from './grad'

// biome-ignore lint/suspicious/noExplicitAny: as many tensors as there are inputs
type Differentiable<Result> = (...inputs: any[]) => Result

export interface FunctionalOptions {
  /** Whether the result can be derived again, and depends on the inputs. Default false. */
  createGraph?: boolean
}

function createGraphOf(name: string, options: FunctionalOptions | undefined): boolean {
  const { createGraph = false } = checkOptions<FunctionalOptions>(name, options, ['createGraph'])
  return boolean('createGraph', createGraph)
}

/** Inputs that `fn` is derived by: views of those given where the graph goes on, else copies. */
function entry(inputs: Tensors, createGraph: boolean): Tensor[] {
  return tensorsArgument('inputs', inputs).map((input) =>
    createGraph && input.requiresGrad
      ? (ops.aten.view_as?.(input, input) as Tensor)
      : input.detach().clone().requiresGrad_()
  )
}

function resultOf(name: string, fn: Differentiable<Tensor>, inputs: readonly Tensor[]): Tensor {
  const output: unknown = refusePromise(name, fn(...inputs))
  if (!isTensor(output)) throw typeError(name, 'a function that returns one Tensor', output)
  return output
}

function zerosLike(tensor: Tensor): Tensor {
  return ops.aten.zeros_like?.(tensor) as Tensor
}

function gradients(
  output: Tensor,
  inputs: readonly Tensor[],
  gradOutputs: Tensor | null,
  createGraph: boolean
): Tensor[] {
  if (!output.requiresGrad) return inputs.map(zerosLike)
  const options = { gradOutputs, createGraph, retainGraph: true, allowUnused: true }
  return grad(output, inputs, options).map(
    (gradient, i) => gradient ?? zerosLike(inputs[i] as Tensor)
  )
}

/** As many results as there were inputs, or the one. */
function likeInputs(inputs: Tensors, results: Tensor[]): Tensor | Tensor[] {
  return Array.isArray(inputs) ? results : (results[0] as Tensor)
}

/** The rows d(output element)/d(input), stacked to [...output.shape, ...input.shape]. */
function jacobianOf(output: Tensor, inputs: readonly Tensor[], createGraph: boolean): Tensor[] {
  const flat = output.reshape(-1)
  const rows = Array.from({ length: flat.numel() }, (_, i) =>
    gradients(flat.select(0, i), inputs, null, createGraph)
  )
  return inputs.map((input, i) =>
    rows.length === 0
      ? zerosLike(input)
          .reshape(-1)
          .narrow(0, 0, 0)
          .reshape([...output.shape, ...input.shape])
      : stack(rows.map((row) => row[i] as Tensor)).reshape([...output.shape, ...input.shape])
  )
}

/**
 * d(fn(...inputs))/d(input), of shape [...output.shape, ...input.shape], for each input: a tensor
 * for a tensor, an array for an array.
 * @throws TypeError where `fn` does not return one tensor
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.functional.jacobian.html
 */
export function jacobian<Inputs extends Tensors>(
  fn: Differentiable<Tensor>,
  inputs: Inputs,
  options?: FunctionalOptions
): Inputs extends Tensor ? Tensor : Tensor[]
export function jacobian(
  fn: Differentiable<Tensor>,
  inputs: Tensors,
  options?: FunctionalOptions
): Tensor | Tensor[] {
  callable('fn', fn)
  const createGraph = createGraphOf('jacobian', options)
  const entries = entry(inputs, createGraph)
  return enableGrad(() =>
    likeInputs(inputs, jacobianOf(resultOf('jacobian', fn, entries), entries, createGraph))
  )
}

/**
 * The second derivatives of a scalar function of one tensor: [...input.shape, ...input.shape].
 * @throws TypeError where `fn` does not return one tensor of one element
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.functional.hessian.html
 */
export function hessian(
  fn: Differentiable<Tensor>,
  input: Tensor,
  options?: FunctionalOptions
): Tensor {
  callable('fn', fn)
  const createGraph = createGraphOf('hessian', options)
  const entries = entry(input, createGraph)
  return enableGrad(() => {
    const output = resultOf('hessian', fn, entries)
    if (output.numel() !== 1)
      throw typeError('hessian', 'a function with a result of one element', output)
    const [first] = gradients(output.reshape([]), entries, null, true)
    return jacobianOf(first as Tensor, entries, createGraph)[0] as Tensor
  })
}

/**
 * The value of `fn` and v^T J, the product of `v` (of the result's shape) with its Jacobian, for
 * each input.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.functional.vjp.html
 */
export function vjp<Inputs extends Tensors>(
  fn: Differentiable<Tensor>,
  inputs: Inputs,
  v?: Tensor | null,
  options?: FunctionalOptions
): [output: Tensor, product: Inputs extends Tensor ? Tensor : Tensor[]]
export function vjp(
  fn: Differentiable<Tensor>,
  inputs: Tensors,
  v: Tensor | null = null,
  options?: FunctionalOptions
): [output: Tensor, product: Tensor | Tensor[]] {
  callable('fn', fn)
  const createGraph = createGraphOf('vjp', options)
  const entries = entry(inputs, createGraph)
  return enableGrad(() => {
    const output = resultOf('vjp', fn, entries)
    const product = gradients(output, entries, v, createGraph)
    return [createGraph ? output : output.detach(), likeInputs(inputs, product)]
  })
}

/**
 * The value of `fn` and J v, the product of its Jacobian with `v` (of the inputs' shapes): the
 * derivative in the direction `v`. Two backwards: v^T J is linear in v, and its derivative by v,
 * multiplied by the direction, is J times it.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.functional.jvp.html
 */
export function jvp(
  fn: Differentiable<Tensor>,
  inputs: Tensors,
  v: Tensors,
  options?: FunctionalOptions
): [output: Tensor, product: Tensor] {
  callable('fn', fn)
  const createGraph = createGraphOf('jvp', options)
  const entries = entry(inputs, createGraph)
  const direction = tensorsArgument('v', v)
  if (direction.length !== entries.length)
    throw typeError('v', `${entries.length} tensors, one for each input`, v)
  return enableGrad(() => {
    const output = resultOf('jvp', fn, entries)
    const left = zerosLike(output).requiresGrad_()
    const products = gradients(output, entries, left, true)
    const linear = products.filter((product) => product.requiresGrad)
    const chosen = direction.filter((_, i) => products[i]?.requiresGrad)
    const [product] =
      linear.length === 0
        ? [null]
        : grad(linear, left, { gradOutputs: chosen, createGraph, allowUnused: true })
    return [createGraph ? output : output.detach(), product ?? zerosLike(output)]
  })
}
