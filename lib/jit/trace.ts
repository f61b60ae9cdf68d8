/**
 * Recording what a model does as TorchScript, with libtorch's tracer.
 */
import { boolean, finite, options as checkOptions, typeError } from '../check'
import { getRngState, setRngState } from '../generator'
import { noGrad, refusePromise } from '../modes'
import { native } from '../native'
import { Module } from '../nn/module'
import { type Tensor, isTensor } from '../tensor'
import type { Opaque } from '../values'
import { checkKeys, className, partName } from './names'
import { asArgument, ScriptModule } from './script_module'

export interface TraceOptions {
  /** False lets the model return plain objects, which become dicts. Default true. */
  strict?: boolean
  /** Whether the result is run once more and compared with the model. Default true. */
  checkTrace?: boolean
  /** By how much outputs may differ then, relative and absolute. Default 1e-5. */
  checkTolerance?: number
}

/** Tensors, arrays of them (tuples) and plain objects of them (dicts). */
export type Traceable = Tensor | readonly Traceable[] | { readonly [name: string]: Tensor }

// biome-ignore lint/suspicious/noExplicitAny: any function of tensors
type Traced = (...inputs: any[]) => unknown

function split(path: string): [owner: string, name: string] {
  const dot = path.lastIndexOf('.')
  return [path.slice(0, Math.max(dot, 0)), path.slice(dot + 1)]
}

/** A TorchScript module with the parts of `model`, sharing their values, and without methods. */
function partsOf(model: Module): Opaque {
  const root = native.createScriptModule(className(model.constructor.name), null)
  const owners = new Map<string, Opaque>()
  for (const [path, module] of model.namedModules()) {
    const handle =
      module === model ? root : native.createScriptModule(className(module.constructor.name), root)
    native.addToScriptModule(handle, 'flag', 'training', module.training)
    owners.set(path, handle)
  }
  const add = (kind: 'parameter' | 'buffer' | 'module', path: string, value: Tensor | Opaque) => {
    const [owner, name] = split(path)
    const handle = owners.get(owner)
    if (!handle) throw typeError(path, "a name without '.'", name)
    native.addToScriptModule(handle, kind, partName(path, name), value)
  }
  // Modules last: libtorch lists parameters in the order of what was added.
  for (const [path, parameter] of model.namedParameters()) add('parameter', path, parameter)
  for (const [path, buffer] of model.namedBuffers()) add('buffer', path, buffer)
  for (const [path, handle] of owners) if (path !== '') add('module', path, handle)
  return root
}

/** The tensors in a result, in order. */
function tensorsIn(value: unknown): Tensor[] {
  if (isTensor(value)) return [value]
  if (Array.isArray(value)) return value.flatMap(tensorsIn)
  if (typeof value !== 'object' || value === null) return []
  const entries =
    Symbol.iterator in value ? [...(value as Map<string, unknown>)] : Object.entries(value)
  return entries.flatMap(([, item]) => tensorsIn(item))
}

/** Why two outputs are not the same within `tolerance`; null where they are. */
function difference(ours: Tensor, theirs: Tensor | undefined, tolerance: number): string | null {
  const kind = (tensor: Tensor) => `${tensor.dtype}[${tensor.shape.join(', ')}]`
  if (!theirs) return 'is missing'
  if (kind(ours) !== kind(theirs)) return `is ${kind(theirs)} where the model gives ${kind(ours)}`
  const [a, b] = [ours, theirs].map((tensor) =>
    tensor.dtype.startsWith('complex') ? tensor : tensor.to('float64')
  ) as [Tensor, Tensor]
  if (b.allclose(a, tolerance, tolerance, true)) return null
  return `differs by up to ${a.sub(b).abs().max().item()}`
}

/** Runs both on the same inputs, without leaving a trace in buffers or in the random numbers. */
function check(
  model: Traced,
  traced: ScriptModule,
  inputs: readonly unknown[],
  tolerance: number
): void {
  const buffers = traced.buffers().map((buffer) => [buffer, buffer.clone()] as const)
  const random = getRngState()
  const restore = () => {
    for (const [buffer, before] of buffers) buffer.copy_(before)
  }
  const outputs: Tensor[][] = []
  try {
    for (const run of [model, traced as Traced]) {
      outputs.push(tensorsIn(run(...inputs)).map((tensor) => tensor.detach().clone()))
      restore()
    }
  } finally {
    restore()
    setRngState(random)
  }
  const [ours, theirs] = outputs as [Tensor[], Tensor[]]
  for (const [i, output] of ours.entries()) {
    const found = difference(output, theirs[i], tolerance)
    if (found === null) continue
    throw new Error(
      `jit.trace: output ${i} of the traced module ${found}, on the example inputs themselves: the ` +
        'model draws random numbers or depends on more than its inputs; call eval() on it first, ' +
        'or pass { checkTrace: false }'
    )
  }
}

/**
 * Runs `model` once and records the operators as a TorchScript module. Its parameters and buffers
 * are the model's own, by the same names; other tensors become constants, as do sizes, numbers and
 * the ways that `if` and loops took: the recording is right for inputs that take the same ways.
 * @param model an nn.Module, or a function of tensors
 * @param exampleInputs one tensor, or an array of the arguments
 * @throws TypeError for inputs and outputs that are no tensors; Error where the result does not
 * give what the model gives
 * Source: https://pytorch.org/docs/stable/generated/torch.jit.trace.html
 */
export function trace(
  model: Module | Traced,
  exampleInputs: Tensor | readonly Traceable[],
  options?: TraceOptions
): ScriptModule {
  if (typeof model !== 'function') throw typeError('model', 'an nn.Module or a function', model)
  const inputs = isTensor(exampleInputs) ? [exampleInputs] : exampleInputs
  if (!Array.isArray(inputs))
    throw typeError('exampleInputs', 'a Tensor or an array of arguments', exampleInputs)
  const given = checkOptions<TraceOptions>('jit.trace', options, [
    'strict',
    'checkTrace',
    'checkTolerance'
  ])
  const strict = boolean('strict', given.strict ?? true)
  const checkTrace = boolean('checkTrace', given.checkTrace ?? true)
  const tolerance = finite('checkTolerance', given.checkTolerance ?? 1e-5, 0)

  const run: Traced = (...args) =>
    checkKeys(refusePromise('jit.trace', (model as Traced)(...args.map(asArgument))))
  const handle =
    model instanceof Module
      ? partsOf(model)
      : native.createScriptModule(className((model as Traced).name), null)
  native.traceMethod(handle, 'forward', inputs, strict, run)
  const traced = new ScriptModule(handle)
  if (checkTrace) noGrad(() => check(run, traced, inputs, tolerance))
  return traced
}
