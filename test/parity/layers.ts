/**
 * The modules of layers/*.json: first weights, results and gradients. What layers.py does, which
 * tells what a case may hold.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as torch from 'node-libtorch'
import { type Tensor, autograd, isTensor, nn } from 'node-libtorch'
import { bits } from './bits'

type Value = unknown
interface Spec {
  $?: string
  shape?: number[]
  dtype?: torch.DType
  data?: never
  low?: number
  high?: number
  grad?: boolean
}
export interface Case {
  layer: string
  args?: Value[]
  options?: Record<string, Value>
  inputs: Value[]
  keywords?: Record<string, Value>
  since?: string
  until?: string
  each?: number
  double?: boolean
  inplace?: boolean
}

const folder = join(__dirname, 'layers')
const number = (text: string) => {
  const [major, minor] = text.split('.').map(Number) as [number, number]
  return major * 1000 + minor
}
const loaded = number(torch.version.libtorch)

/** Whether a case is for the loaded libtorch. */
export function isForLoaded({ since = '1.13', until = '99.0' }: Pick<Case, 'since' | 'until'>) {
  return number(since) <= loaded && loaded < number(until)
}

/** The cases for any libtorch. */
export const all = readdirSync(folder)
  .sort()
  .flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Case[])

/** The cases for the loaded libtorch. */
export const cases = all.filter(isForLoaded)

const isSpec = (value: Value): value is Spec => typeof value === 'object' && value !== null

function tensorOf({ $: kind, shape = [], dtype, data, low = 0, high }: Spec): Tensor {
  if (kind === 'tensor') return torch.tensor(data as never, { dtype: dtype ?? 'float32' })
  if (kind === 'randint')
    return torch.randint(low, high as number, shape, { dtype: dtype ?? 'int64' })
  const factory = (torch as unknown as Record<string, (...args: unknown[]) => Tensor>)[kind!]!
  return factory(shape, { dtype: dtype ?? 'float32' })
}

export function valueFrom(value: Value): Value {
  if (Array.isArray(value)) return value.map(valueFrom)
  if (!isSpec(value)) return value
  return value.$ === 'module' ? make(value as unknown as Case) : tensorOf(value)
}

export function valuesFrom(options: Record<string, Value>): Record<string, Value> {
  const entries = Object.entries(options)
  return Object.fromEntries(entries.map(([name, value]) => [name, valueFrom(value)]))
}

export function make({ layer, args = [], options }: Case): nn.Module {
  const Layer = (nn as unknown as Record<string, new (...args: unknown[]) => nn.Module>)[layer]
  if (!Layer) throw new Error(`nn.${layer} is not there`)
  return new Layer(...args.map(valueFrom), ...(options ? [valuesFrom(options)] : []))
}

export function flat(value: Value): Tensor[] {
  if (Array.isArray(value)) return value.flatMap(flat)
  return value === null || value === undefined ? [] : [value as Tensor]
}

function watched(value: Value, spec: Value): Tensor[] {
  if (Array.isArray(spec)) return spec.flatMap((one, i) => watched((value as Value[])[i], one))
  const floats = isTensor(value) && value.dtype.includes('float')
  if (!isSpec(spec) || spec.grad === false || !floats) return []
  return [value.requiresGrad_()]
}

function run(module: nn.Module, { inputs: specs, keywords = {}, inplace }: Case): object {
  module.zeroGrad()
  let inputs = specs.map(valueFrom)
  const given = valuesFrom(keywords)
  const values = [...inputs, ...Object.values(given)]
  const leaves = [...specs, ...Object.values(keywords)].flatMap((spec, i) =>
    watched(values[i], spec)
  )
  // Modules that work in place may not change a leaf.
  if (inplace)
    inputs = inputs.map((one) => (leaves.includes(one as Tensor) ? (one as Tensor).mul(1) : one))
  const more = Object.keys(given).length > 0 ? [given] : []
  const outputs = flat((module as (...args: unknown[]) => unknown)(...inputs, ...more))
  const followed = outputs.filter(({ requiresGrad }) => requiresGrad)
  const gradTensors = followed.map(({ shape, dtype }) => torch.randn(shape, { dtype }))
  if (followed.length > 0) autograd.backward(followed, { gradTensors })
  const grads = [...leaves, ...module.parameters()].map(({ grad }) => grad)
  return {
    outputs: outputs.map(bits),
    grads: grads.map((grad) => grad && bits(grad))
  }
}

function state(module: nn.Module): Record<string, string> {
  const entries = Object.entries(module.stateDict())
  return Object.fromEntries(entries.map(([name, one]) => [name, bits(one)]))
}

export function result(given: Case): object {
  torch.manualSeed(7)
  const module = make(given)
  if (given.double) module.to('float64')
  const made = {
    repr: String(module),
    first: state(module),
    parameters: module.namedParameters().map(([name]) => name),
    modes: [] as object[]
  }
  for (const training of [true, false]) {
    module.train(training)
    for (let i = 0; i < (given.each ?? 1); i++) made.modes.push(run(module, given))
  }
  return { ...made, last: state(module) }
}
