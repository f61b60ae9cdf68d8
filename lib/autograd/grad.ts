/**
 * Gradients of several results at once.
 * Source: https://pytorch.org/docs/stable/autograd.html
 */
import { boolean, options as checkOptions, typeError } from '../check'
import { noteBackward } from '../compile/tape'
import { native } from '../native'
import type { Tensor } from '../tensor'

/** One tensor or several. */
export type Tensors = Tensor | readonly Tensor[]
/** One tensor or several, null where none is needed. */
export type MaybeTensors = Tensor | null | readonly (Tensor | null)[]

interface GraphOptions {
  /** Keep the graph for another backward. Default: the value of `createGraph`. */
  retainGraph?: boolean
  /** Build a graph of the derivative itself. Default false. */
  createGraph?: boolean
}

export interface BackwardOptions extends GraphOptions {
  /** d(loss)/d(this), of this tensor's shape; needed unless it has one element. Default null. */
  gradient?: Tensor | null
  /** The tensors that get a gradient, leaves or results. Default: all leaves. */
  inputs?: Tensors
}

export interface BackwardOfOptions extends GraphOptions {
  /**
   * d(loss)/d(tensor) for each of the tensors; null stands for 1, where a tensor has one element.
   * Default null for all.
   */
  gradTensors?: MaybeTensors
  /** The tensors that get a gradient, leaves or results. Default: all leaves. */
  inputs?: Tensors
}

export interface GradOptions extends GraphOptions {
  /**
   * d(loss)/d(output) for each of the outputs; null stands for 1, where an output has one element.
   * Default null for all.
   */
  gradOutputs?: MaybeTensors
  /** Give null for an input that the outputs do not depend on, instead of throwing. Default false. */
  allowUnused?: boolean
}

/** `value` as a list of tensors that is not empty. */
export function tensorsArgument(name: string, value: unknown): Tensor[] {
  const list: unknown[] = Array.isArray(value) ? [...value] : [value]
  if (list.length === 0) throw typeError(name, 'at least one Tensor', value)
  for (const item of list) {
    if (!native.isTensor(item))
      throw typeError(name, 'a Tensor or an array of them', item, 'make one with tensor(data)')
  }
  return list as Tensor[]
}

/** One gradient or null for each of `tensors`, of the same shape. */
function gradientsFor(
  name: string,
  tensors: readonly Tensor[],
  value: MaybeTensors | undefined
): (Tensor | null)[] {
  if (value === undefined || value === null) return tensors.map(() => null)
  const list: unknown[] = Array.isArray(value) ? [...value] : [value]
  if (list.length !== tensors.length)
    throw typeError(name, `${tensors.length}, one for each tensor`, value)
  for (const [i, gradient] of list.entries()) {
    if (gradient === null) continue
    if (!native.isTensor(gradient)) throw typeError(name, 'Tensors or null', gradient)
    const [shape, wanted] = [native.shape(gradient), native.shape(tensors[i] as Tensor)]
    if (shape.length !== wanted.length || shape.some((size, dim) => size !== wanted[dim])) {
      throw new TypeError(
        `${name}: expected the shape [${wanted}] of tensor ${i}, got [${shape}]; expand() it first`
      )
    }
  }
  return list as (Tensor | null)[]
}

function graphOptions({ retainGraph, createGraph = false }: GraphOptions): [boolean, boolean] {
  boolean('createGraph', createGraph)
  return [boolean('retainGraph', retainGraph ?? createGraph), createGraph]
}

/**
 * Adds the sum of d(tensor)/d(leaf) over all `tensors` to the `grad` of every leaf that requires it,
 * or of the tensors in `inputs` only.
 * @throws Error where a tensor with several elements has no gradient given, or where the graph was
 * freed by an earlier call; TypeError for gradients of another shape or number.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.backward.html
 */
export function backward(tensors: Tensors, options?: BackwardOfOptions): void {
  const list = tensorsArgument('tensors', tensors)
  const checked = checkOptions<BackwardOfOptions>('backward', options, [
    'gradTensors',
    'retainGraph',
    'createGraph',
    'inputs'
  ])
  const inputs = checked.inputs === undefined ? null : tensorsArgument('inputs', checked.inputs)
  const gradients = gradientsFor('gradTensors', list, checked.gradTensors)
  noteBackward()
  native.backwardOf(list, gradients, ...graphOptions(checked), inputs)
}

const backwardNames = ['gradient', 'retainGraph', 'createGraph', 'inputs']
const noOptions: BackwardOptions = {}

/** Tensor.backward: of one tensor, on the shortest way. */
export function backwardFrom(tensor: Tensor, options?: BackwardOptions): void {
  const { gradient, retainGraph, createGraph, inputs } =
    options === undefined
      ? noOptions
      : checkOptions<BackwardOptions>('backward', options, backwardNames)
  if (inputs !== undefined) {
    backward(tensor, { gradTensors: gradient, retainGraph, createGraph, inputs })
    return
  }
  if (retainGraph !== undefined) boolean('retainGraph', retainGraph)
  if (createGraph !== undefined) boolean('createGraph', createGraph)
  noteBackward()
  native.backward(tensor, gradient ?? null, retainGraph ?? null, createGraph ?? false)
}

/**
 * The sum of d(output)/d(input) over all `outputs`, one for each of `inputs`; no `grad` changes.
 * @throws Error where an input does not require grad or, without `allowUnused`, takes no part in the
 * outputs, where an output with several elements has no gradient given, or where the graph was freed
 * by an earlier call; TypeError for gradients of another shape or number.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 */
export function grad(
  outputs: Tensors,
  inputs: Tensors,
  options?: GradOptions & { allowUnused?: false }
): Tensor[]
export function grad(outputs: Tensors, inputs: Tensors, options?: GradOptions): (Tensor | null)[]
export function grad(outputs: Tensors, inputs: Tensors, options?: GradOptions): (Tensor | null)[] {
  const [results, wanted] = [tensorsArgument('outputs', outputs), tensorsArgument('inputs', inputs)]
  const checked = checkOptions<GradOptions>('grad', options, [
    'gradOutputs',
    'retainGraph',
    'createGraph',
    'allowUnused'
  ])
  const gradients = gradientsFor('gradOutputs', results, checked.gradOutputs)
  const allowUnused = boolean('allowUnused', checked.allowUnused ?? false)
  noteBackward()
  return native.gradOf(results, wanted, gradients, ...graphOptions(checked), allowUnused)
}
